"""The desk of experts, and what is new for Committee members and the secretariat."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from assistance.brief_paper import brief_path
from assistance.brief_periods import last_full_period, next_brief_on
from assistance.models import AssistanceRequest, Match, Offer
from cooperation_portal.interface.dates import in_words

from .parts import IN_PART, Part, apart
from .state import request_task

INCOMING = (AssistanceRequest.Status.SUBMITTED, AssistanceRequest.Status.CLARIFICATION)
QUEUE = (Match.Status.SUGGESTED, Match.Status.SHORTLISTED, Match.Status.PROPOSED)


def incoming(user: Any) -> Part:
    """Requests that wait to be authenticated, the oldest first."""
    rows = _open_requests(user).filter(status__in=INCOMING).order_by("received_on", "pk")[: IN_PART + 1]
    tasks = [_incoming_task(row) for row in rows]
    return Part(
        "incoming",
        _("Requests to authenticate"),
        tasks=tasks[:IN_PART],
        more=(_("All requests to authenticate"), _requests(status=INCOMING[0].value)) if len(tasks) > IN_PART else None,
        empty=_("No request waits to be authenticated."),
    )


def overdue(user: Any) -> Part:
    """Requests with a step of the procedure whose clock has run out."""
    late = (
        _open_requests(user)
        .overdue()
        .annotate(first_due_on=Min("steps__due_on", filter=Q(steps__done_on__isnull=True)))
    )
    tasks = [
        request_task(row) | {"due": row.first_due_on} for row in late.order_by("first_due_on", "pk")[: IN_PART + 1]
    ]
    return Part(
        "overdue",
        _("Overdue steps"),
        tasks=tasks[:IN_PART],
        more=(_("All requests with an overdue step"), _requests(overdue="on")) if len(tasks) > IN_PART else None,
        empty=_("No step of the procedure is overdue."),
    )


def match_queue(user: Any) -> Part:
    """How many matches wait for experts, and the suggestions that score highest."""
    visible = Match.objects.visible_to(user)
    numbers = dict(visible.filter(status__in=QUEUE).order_by().values_list("status").annotate(number=Count("pk")))
    best = (
        visible.filter(status=Match.Status.SUGGESTED)
        .select_related("request__state", "request__organization", "offer__organization", "offer__state")
        .order_by("-score", "pk")[:IN_PART]
    )
    return Part(
        "matches",
        _("Match queue"),
        figures=[(status.label, numbers.get(status, 0), _queue(status)) for status in QUEUE],
        tasks=[
            {
                "label": _("Review %(offer)s for %(requester)s")
                % {"offer": apart(match.offer.title), "requester": match.request.requester},
                "url": _in_admin(match),
                "about": _("%(provider)s, %(score)s points, request %(reference)s")
                % {
                    "provider": match.offer.provider,
                    "score": match.score,
                    "reference": match.request.reference,
                },
            }
            for match in best
        ],
        empty=_("No suggestion waits for review."),
    )


def matching_brief(user: Any) -> Part:
    """The brief of the last full period, and when the next one can be made."""
    period = last_full_period()
    return Part(
        "brief",
        _("Matching brief"),
        tasks=[
            {
                "label": _("Matching brief for %(period)s is ready to print") % {"period": period.label},
                "url": brief_path(period),
                "about": _("The next can be made from %(date)s on") % {"date": in_words(next_brief_on())},
            }
        ],
        more=(_("Overlaps and gaps"), reverse("assistance:coverage")),
    )


def new_requests(user: Any) -> Part:
    """The newest requests that the reader sees."""
    rows = _open_requests(user).order_by("-received_on", "-pk")[:IN_PART]
    return Part(
        "new-requests",
        _("New requests"),
        tasks=[request_task(row) for row in rows],
        more=(_("All requests"), reverse("assistance:request_list")),
        empty=_("No request is open."),
    )


def new_offers(user: Any) -> Part:
    rows = (
        Offer.objects.visible_to(user)
        .live()
        .select_related("organization", "state")
        .order_by("-published_at", "-pk")[:IN_PART]
    )
    return Part(
        "new-offers",
        _("New offers"),
        links=[
            (
                offer.title,
                offer.get_absolute_url(),
                _("%(provider)s, published on %(date)s")
                % {"provider": offer.provider, "date": in_words(offer.published_at)},
            )
            for offer in rows
        ],
        more=(_("All offers"), reverse("assistance:offer_list")),
        empty=_("No offer is published yet."),
    )


def _open_requests(user: Any) -> Any:
    return (
        AssistanceRequest.objects.visible_to(user)
        .open()
        .select_related("state", "organization")
        .prefetch_related("steps")
    )


def _incoming_task(row: AssistanceRequest) -> dict[str, Any]:
    task = request_task(row)
    return task | {
        "label": _("%(requester)s: %(title)s") % {"requester": row.requester, "title": apart(row.title)},
        "about": _("%(reference)s, received on %(date)s")
        % {"reference": row.reference, "date": in_words(row.received_on or row.created_at)},
    }


def _requests(**query: str) -> str:
    return f"{reverse('assistance:request_list')}?{urlencode(query)}"


def _queue(status: str) -> str:
    return _admin("admin:assistance_match_changelist", query=urlencode({"status__exact": status}))


def _in_admin(match: Match) -> str:
    return _admin("admin:assistance_match_change", match.pk) or match.get_absolute_url()


def _admin(name: str, *args: Any, query: str = "") -> str:
    try:
        url = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    return f"{url}?{query}" if query else url
