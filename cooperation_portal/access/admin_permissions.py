"""Django's permission names, answered from the role table.

Django and its add-ons ask `user.has_perm("assistance.change_offer")`. Here that becomes a question to the policy, so
that the admin decides nothing by itself.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps

from .actors import actor_for
from .policy import allows
from .role_table import ROLE_TABLE

#: Models whose rows belong to another record: the parent's row in the table decides.
_PARENT_TYPES = {
    "membership": "organization",
    "informationitem": "information_sheet",
    "informationsheet": "information_sheet",
    "area": "vocabulary",
    "assistancetype": "vocabulary",
    "resolutionparagraph": "vocabulary",
    "glossaryconcept": "vocabulary",
    "matrixfield": "vocabulary",
    "offerpartner": "offer",
    "assistancerequest": "request",
    "need": "request",
    "existingassistance": "request",
    "requeststep": "request",
    "matchanswer": "match",
    "matchingpolicy": "policy",
    "matchingrun": "match",
    "milestone": "project",
    "projectcontribution": "project",
    "projectfeedback": "project",
    "participation": "meeting",
    "agendaitem": "meeting",
    "actionitem": "action_item",
    "futureissue": "note",
    "pointofcontact": "contact",
    "auditentry": "audit",
    "apikey": "api_key",
    "readonlymode": "read_only",
    "periodictask": "schedule",
    "intervalschedule": "schedule",
    "crontabschedule": "schedule",
    "solarschedule": "schedule",
    "clockedschedule": "schedule",
}
_ACTIONS = {"add": "create", "change": "update", "view": "view"}


def has_django_permission(user: Any, permission: str, record: Any = None) -> bool:
    """Answer `app.verb_model`. Deleting is never allowed in the admin: records end, they do not vanish."""
    actor = actor_for(user)
    if not actor.is_committee:
        return False
    app_label, _, codename = permission.partition(".")
    verb, _, model_name = codename.partition("_")
    action = _ACTIONS.get(verb)
    if action is None:
        return False
    record_type = _PARENT_TYPES.get(model_name, model_name)
    if (record_type, action) in ROLE_TABLE:
        return allows(actor, action, record if _speaks_for(record, record_type) else record_type)
    return action == "view" and _is_record(app_label, model_name)


def _speaks_for(record: Any, record_type: str) -> bool:
    return getattr(record, "record_type", None) == record_type


def _is_record(app_label: str, model_name: str) -> bool:
    """Records of the three apps are open to the whole Committee for reading; each list starts at `visible_to`."""
    return app_label in ("organizations", "assistance", "meetings") and apps.is_installed(app_label)
