"""Consent to the public summary, and its publication.

The requester consents to exactly what the public will read: the title, the areas of the needs and the summary. If any
of the three changes, the consent is void and a published summary is taken down.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..lifecycles.requests import require_possible
from ..models import AssistanceRequest, RequestStep
from .procedure import complete_step, open_steps, set_clocks
from .request_changes import changed, requesters_people, tell

Kind = RequestStep.Kind


@transaction.atomic
def request_consent(
    *, by: Any, request: AssistanceRequest, note: str = "", expected_version: int | None = None
) -> AssistanceRequest:
    """Record that the requester consents to the publication of title, areas and summary as they stand."""
    with changed(
        request, by=by, permission="consent", told_as="request.consented", version=expected_version, reason=note
    ) as locked:
        require_possible(locked, "consent")
        locked.summary_consent_on = timezone.localdate()
        if not locked.is_draft:
            open_steps(locked)
    return locked


@transaction.atomic
def request_consent_withdraw(
    *, by: Any, request: AssistanceRequest, expected_version: int | None = None
) -> AssistanceRequest:
    """Take the consent back, as long as nothing is published."""
    with changed(
        request, by=by, permission="consent", told_as="request.consent_withdrawn", version=expected_version
    ) as locked:
        require_possible(locked, "withdraw_consent")
        locked.summary_consent_on = None
        if not locked.is_draft:
            set_clocks(locked)
    return locked


@transaction.atomic
def request_publish_summary(
    *, by: Any, request: AssistanceRequest, expected_version: int | None = None
) -> AssistanceRequest:
    """Show the summary to the public: with recorded consent, after the window, and not while the request is held."""
    with changed(
        request, by=by, permission="publish_summary", told_as="request.summary_published", version=expected_version
    ) as locked:
        require_possible(locked, "publish_summary")
        locked.summary_published_on = timezone.localdate()
        complete_step(locked, Kind.SUMMARY_PUBLISHED, by=by)
    tell(locked, "request.summary_published", requesters_people(locked), by=by)
    return locked


def public_parts(request: AssistanceRequest) -> tuple[Any, ...]:
    """What the public reads once the summary is published; consent is given to exactly this."""
    areas = sorted(request.needs.values_list("area__code", flat=True))
    return (request.title, request.public_summary, tuple(areas))


def settle_consent(request: AssistanceRequest, *, wanted: bool | None, consented_to: tuple[Any, ...] = ()) -> None:
    """Void the consent if the public parts are not those of `consented_to` any more; then give or take it as `wanted`.

    `wanted` None leaves it. `consented_to` is what `public_parts` gave before the change.
    """
    if request.summary_consent_on is not None and public_parts(request) != consented_to:
        request.summary_consent_on = request.summary_published_on = None
        request.steps.filter(kind=Kind.SUMMARY_PUBLISHED).update(done_on=None, done_by_label="")
    if wanted and request.summary_consent_on is None:
        if not request.public_summary:
            raise ValidationError({"has_consent": _("Write the public summary first; consent is given to its words.")})
        request.summary_consent_on = timezone.localdate()
    elif wanted is False and request.summary_consent_on is not None:
        require_possible(request, "withdraw_consent")
        request.summary_consent_on = None
