"""Gathers the matching brief, by which the experts report to the Committee every two months.

What happened in the period stands beside the period before it; what is open, overdue or out of reach is told as of the
day on which the brief is made. Everything starts from what its reader may see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.matching.coverage_values import Cell
from cooperation_portal.audit.models import AuditEntry

from ..brief_periods import Period
from ..models import AssistanceRequest, Match, MatchAnswer, Need, Offer, Project, RequestStep
from .supply_and_need import GROUPS, SupplyAndNeed, supply_and_need

#: Rows of each list; what is beyond is counted, and a link away in the portal.
MOST_ROWS = 60
AGREED_STATUSES = (Match.Status.AGREED, Match.Status.PROJECT)
STEPS_COUNTED = (RequestStep.Kind.AUTHENTICATED, RequestStep.Kind.CIRCULATED)
#: Ends that only the audit dates.
ENDS = {
    "request.fulfilled": "request",
    "request.closed": "request",
    "request.withdrawn": "request",
    "offer.completed": "offer",
    "offer.withdrawn": "offer",
}


@dataclass(frozen=True)
class Figure:
    """A number of the period beside that of the period before."""

    label: str
    now: int
    before: int


@dataclass(frozen=True)
class Decision:
    """What became of a match in the period: proposed, agreed, declined or dismissed."""

    match: Match
    outcome: str
    on: date
    reason: str


@dataclass(frozen=True)
class Shown:
    """The first rows of a list, and how many there are."""

    rows: Sequence[Any]
    total: int

    @property
    def left_out(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True)
class Brief:
    period: Period
    made_on: date
    figures: Sequence[tuple[str, Sequence[Figure]]]
    received_by_region: Counter[str]
    open_by_status: Counter[str]
    open_by_region: Counter[str]
    new_requests: Shown
    decisions: Shown
    overdue: Shown
    supply: SupplyAndNeed
    gaps: Shown
    heat: dict[tuple[str, str], Cell]


def brief(who: Any, period: Period) -> Brief:
    """Gather the brief for one reader; a fixed number of queries, every list bounded."""
    today = timezone.localdate()
    requests = AssistanceRequest.objects.visible_to(who).current().exclude(status=AssistanceRequest.Status.DRAFT)
    received = requests.alias(day=_received()).filter(day__range=(period.start, period.end))
    supply = supply_and_need(who)
    return Brief(
        period=period,
        made_on=today,
        figures=_figures(who, period, requests),
        received_by_region=_counted(received, "state__regional_group"),
        open_by_status=_counted(requests.open(), "status"),
        open_by_region=_counted(requests.open(), "state__regional_group"),
        new_requests=_first(
            received.select_related("state", "organization").prefetch_related("needs__area").order_by("day", "pk")
        ),
        decisions=_decisions(who, period),
        overdue=_first(
            RequestStep.objects.filter(request__in=requests.open(), done_on=None, due_on__lt=today)
            .select_related("request__state", "request__organization")
            .order_by("due_on", "pk")
        ),
        supply=supply,
        gaps=_gaps(supply),
        heat=supply.heat(GROUPS),
    )


def _received() -> Any:
    """The day of receipt; where no day is known, that of submission."""
    return Coalesce(F("received_on"), TruncDate("submitted_at"))


def _counted(rows: QuerySet, column: str) -> Counter[str]:
    """Rows by a column; "" where it has no value: an organization has no regional group."""
    counted = rows.order_by().values_list(column).annotate(number=Count("pk"))
    return Counter({value or "": number for value, number in counted})


def _first(rows: QuerySet) -> Shown:
    return Shown(list(rows[:MOST_ROWS]), rows.count())


def _moments(period: Period) -> tuple[datetime, datetime]:
    """The period as moments, the second no longer in it."""
    zone = timezone.get_current_timezone()
    after = period.end + timedelta(days=1)
    return datetime.combine(period.start, time(), zone), datetime.combine(after, time(), zone)


def _within(column: str, period: Period) -> Q:
    start, after = _moments(period)
    return Q(**{f"{column}__gte": start, f"{column}__lt": after})


def _figures(who: Any, period: Period, requests: Any) -> list[tuple[str, list[Figure]]]:
    now, before = (_numbers(who, one, requests) for one in (period, period.previous))

    def figures(*rows: tuple[str, str]) -> list[Figure]:
        return [Figure(label, now[key], before[key]) for key, label in rows]

    return [
        (
            _("Requests"),
            figures(
                ("received", _("Received")),
                ("authenticated", _("Authenticated")),
                ("circulated", _("Circulated to providers")),
                ("request.fulfilled", _("Need met")),
                ("request.closed", _("Closed")),
                ("request.withdrawn", _("Withdrawn")),
            ),
        ),
        (
            _("Offers"),
            figures(
                ("published", _("Published")),
                ("offer.completed", _("Completed")),
                ("offer.withdrawn", _("Withdrawn")),
            ),
        ),
        (
            _("Matches and projects"),
            figures(
                ("suggested", _("Suggested by the matching service")),
                ("proposed", _("Proposed to both parties")),
                ("agreed", _("Agreed by both parties")),
                ("declined", _("Declined by a party")),
                ("dismissed", _("Dismissed by the experts")),
                ("projects", _("Projects started")),
            ),
        ),
    ]


def _numbers(who: Any, period: Period, requests: Any) -> Counter[str]:
    """Every figure of one period."""
    days = (period.start, period.end)
    offers = Offer.objects.visible_to(who).current().exclude(status=Offer.Status.DRAFT)
    matches = Match.objects.visible_to(who)
    steps = RequestStep.objects.filter(request__in=requests, kind__in=STEPS_COUNTED, done_on__range=days).order_by()
    numbers: Counter[str] = Counter(
        {
            "received": requests.alias(day=_received()).filter(day__range=days).count(),
            "published": offers.filter(_within("published_at", period)).count(),
            "projects": Project.objects.visible_to(who).filter(_within("created_at", period)).count(),
        }
    )
    for kind, number in steps.values_list("kind").annotate(number=Count("pk")):
        numbers[kind] += number
    numbers.update(
        matches.aggregate(
            suggested=Count("pk", filter=_within("created_at", period)),
            proposed=Count("pk", filter=_within("proposed_at", period)),
            dismissed=Count("pk", filter=Q(status=Match.Status.DISMISSED) & _within("decided_at", period)),
        )
    )
    answered = matches.alias(answered_at=Max("answers__answered_at")).filter(_within("answered_at", period))
    numbers["agreed"] = answered.filter(status__in=AGREED_STATUSES).count()
    numbers["declined"] = answered.filter(status=Match.Status.DECLINED).count()
    return numbers + _ends(period, {"request": requests, "offer": offers})


def _ends(period: Period, readable: dict[str, QuerySet]) -> Counter[str]:
    """How many readable records came to each end. Only the audit keeps the day; nothing else of it is read."""
    mine = Q()
    for kind, rows in readable.items():
        mine |= Q(object_type=kind, object_id__in=rows.order_by().values("pk"))
    entries = AuditEntry.objects.filter(_within("at", period), mine, action__in=ENDS).order_by()
    return Counter(dict(entries.values_list("action").annotate(number=Count("object_id", distinct=True))))


def _decisions(who: Any, period: Period) -> Shown:
    """Matches that were proposed, agreed, declined or dismissed in the period, each with its last such decision."""
    answered = _within("answered_at", period) & Q(status__in=(*AGREED_STATUSES, Match.Status.DECLINED))
    dismissed = _within("decided_at", period) & Q(status=Match.Status.DISMISSED)
    rows = (
        Match.objects.visible_to(who)
        .annotate(answered_at=Max("answers__answered_at"))
        .filter(answered | dismissed | _within("proposed_at", period))
        .select_related("request__state", "request__organization", "offer__organization", "offer__state")
        .prefetch_related("answers")
        .order_by("request__reference", "-score", "pk")
    )
    shown = _first(rows)
    return Shown([_decision(match, period) for match in shown.rows], shown.total)


def _decision(match: Any, period: Period) -> Decision:
    start, after = _moments(period)
    if match.status == Match.Status.DISMISSED and start <= match.decided_at < after:
        return Decision(match, str(Match.Status.DISMISSED.label), _day(match.decided_at), match.decision_reason)
    if match.answered_at and start <= match.answered_at < after:
        if match.status == Match.Status.DECLINED:
            return Decision(match, str(Match.Status.DECLINED.label), _day(match.answered_at), _why_declined(match))
        if match.status in AGREED_STATUSES:
            return Decision(match, str(Match.Status.AGREED.label), _day(match.answered_at), "")
    reason = match.decision_reason if match.status != Match.Status.DISMISSED else ""
    return Decision(match, str(Match.Status.PROPOSED.label), _day(match.proposed_at), reason)


def _why_declined(match: Match) -> str:
    declined = [answer for answer in match.answers.all() if answer.answer == MatchAnswer.Answer.DECLINED]
    return "; ".join(answer.reason for answer in declined)


def _day(moment: datetime) -> date:
    return timezone.localdate(moment)


def _gaps(supply: SupplyAndNeed) -> Shown:
    """Needs that no live offer with room reaches, the most urgent first."""
    keys = [key for key, reach in supply.reach.items() if reach.is_gap]
    urgency = Case(*(When(priority=value, then=place) for place, value in enumerate(Need.Priority.values)))
    needs = Need.objects.filter(pk__in=keys).select_related("area", "request__state", "request__organization")
    return _first(needs.order_by(urgency, "request__reference", "pk"))
