"""From concept to outcome: the transition table of a project (resolution 2325 (2016), OP 22)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.lifecycle import LifeCycle, Transition

from ..models import Project

S = Project.Status

OPEN = frozenset({S.CONCEPT, S.CONSULTATION, S.COMMITTED, S.UNDER_WAY})
#: While other organizations may say what they would bring.
OPEN_TO_CONTRIBUTIONS = frozenset({S.CONSULTATION, S.COMMITTED})
#: When the parties can say how it went.
OPEN_TO_FEEDBACK = frozenset({S.UNDER_WAY, S.COMPLETED, S.CANCELLED})


def _helps_somebody(project: Project) -> Any:
    if project.states.exists() or project.matches.exists():
        return None
    return _("Say first whom the project helps: add a State.")


PROJECT_LIFE_CYCLE = LifeCycle(
    S,
    [
        Transition("consult", frozenset({S.CONCEPT}), S.CONSULTATION, _("Open the consultation")),
        Transition(
            "commit", frozenset({S.CONSULTATION}), S.COMMITTED, _("Commit to the project"), condition=_helps_somebody
        ),
        Transition("begin", frozenset({S.COMMITTED}), S.UNDER_WAY, _("Begin the project")),
        Transition("complete", frozenset({S.UNDER_WAY}), S.COMPLETED, _("Complete the project")),
        Transition("cancel", OPEN, S.CANCELLED, _("Cancel the project"), asks_reason=True),
    ],
)
