"""The desk of a State's focal points."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assistance.models import AssistanceRequest
from assistance.services.procedure import ENDED_STATUSES, next_step
from cooperation_portal.access.actors import Actor
from cooperation_portal.interface.tones import tone_of
from organizations.models import PointOfContact

from .organization import contact_tasks
from .parts import IN_PART, Part, stale_since


def requests(user: Any, actor: Actor) -> Part:
    """Own requests that have not ended: where each stands and who acts next."""
    own = (
        AssistanceRequest.objects.visible_to(user)
        .current()
        .filter(state_id__in=actor.state_ids)
        .exclude(status__in=ENDED_STATUSES)
        .select_related("state", "organization")
        .prefetch_related("steps")
        .order_by("-received_on", "-pk")[:IN_PART]
    )
    return Part(
        "requests",
        _("Your requests"),
        tasks=[request_task(row) for row in own],
        more=(_("Draft a request"), reverse("assistance:request_new")),
        empty=_("No request of your State is open."),
    )


def request_task(row: AssistanceRequest) -> dict[str, Any]:
    """A request (with steps, State and organization loaded) with its status, what comes next and who does it."""
    coming = next_step(row)
    about = row.reference
    if coming is not None:
        about = _("%(reference)s. Next: %(step)s (%(who)s)") % {
            "reference": row.reference,
            "step": coming.step.label,
            "who": coming.who,
        }
    return {
        "label": row.title,
        "url": row.get_absolute_url(),
        "about": about,
        "due": coming.due if coming else None,
        "status": row.get_status_display(),
        "tone": tone_of("request", row.status),
    }


def to_keep_true(user: Any, actor: Actor) -> Part:
    """Contacts of the State that nobody verified for six months, or that there is none."""
    own = PointOfContact.objects.visible_to(user).current().filter(state_id__in=actor.state_ids)
    stale = own.not_verified_since(stale_since()).select_related("state").order_by("verified_on", "pk")[:IN_PART]
    tasks = contact_tasks(stale)
    if not tasks and not own.exists():
        tasks = [
            {
                "label": _("Name a point of contact of your State"),
                "url": reverse("organizations:contact_add"),
                "about": _("Providers and experts then know whom to write to."),
            }
        ]
    return Part(
        "state-true",
        _("Contacts of your State"),
        tasks=tasks,
        empty=_("Every contact of your State was verified within six months."),
    )
