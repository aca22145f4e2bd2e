"""What the other apps know of an organization or a State.

They depend on this app, so they are asked for here at each call and imported nowhere else in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import Count, Q, QuerySet

from cooperation_portal.access.policy import allows

from ..models import Organization, State


def offers_of(organization: Organization, who: Any) -> QuerySet:
    """Offers of an organization that `who` may read: what is live first, then the newest."""
    return _with_provider(organization.offers.visible_to(who))


def offers_open_to(state: State, who: Any) -> QuerySet:
    """Live offers that cover a State, of those that `who` may read."""
    from assistance.coverage import open_to_state_q

    return _with_provider(_model("assistance", "Offer").objects.visible_to(who).live().filter(open_to_state_q(state)))


def offers_open_counts(who: Any) -> Counter[str]:
    """How many live offers that `who` may read are open to each State, by ISO code.

    Offers that name the same groups, organizations and States are counted together, so that thousands of offers need
    few unions; five queries in all.
    """
    from assistance.coverage import CoverageTable

    offer_model = _model("assistance", "Offer")
    offers = list(
        offer_model.objects.visible_to(who).live().order_by().values_list("pk", "coverage", "regional_groups")
    )
    narrow = {pk for pk, coverage, _groups in offers if coverage != "global"}
    organizations = _values_by_offer(offer_model.members_of.through, "organization_id", narrow)
    states = _values_by_offer(offer_model.states.through, "state__iso3", narrow)
    shapes: Counter[tuple[Any, ...]] = Counter(
        ("global",)
        if coverage == "global"
        else ("selected", tuple(sorted(groups)), tuple(organizations[pk]), tuple(states[pk]))
        for pk, coverage, groups in offers
    )
    table = CoverageTable.read()
    counts: Counter[str] = Counter(dict.fromkeys(table.every_state, 0))
    for shape, number in shapes.items():
        is_global = shape[0] == "global"
        groups, bodies, codes = ((), (), ()) if is_global else shape[1:]
        for iso3 in table.of_values(is_global=is_global, regional_groups=groups, organization_ids=bodies, states=codes):
            counts[iso3] += number
    return counts


def requests_of(state: State, who: Any) -> QuerySet:
    """Requests of a State of which `who` may read something."""
    return (
        state.requests.visible_to(who)
        .with_full_text_for(who)
        .select_related("state", "organization")
        .order_by("-received_on", "-pk")
    )


def request_as_read(record: Any) -> dict[str, Any]:
    """What a list shows of a request from `requests_of`: its status as this reader may know it."""
    from assistance.disclosure import Reading, public_status, reading_of

    is_summary = reading_of(record) == Reading.SUMMARY
    status, label = public_status(record) if is_summary else (record.status, record.get_status_display())
    return {
        "record": record,
        "status": status,
        "label": label,
        "as_stated": not is_summary and record.received_as_stated,
    }


def meetings_of(body: Organization | State, who: Any) -> QuerySet:
    """Meetings in which an organization or State takes part or which it owns or hosts, newest first."""
    kind = "organization" if isinstance(body, Organization) else "state"
    parts = _model("meetings", "Participation").objects.filter(**{kind: body}).values("meeting_id")
    of_body = Q(organization=body) if isinstance(body, Organization) else Q(country=body)
    return (
        _model("meetings", "Meeting")
        .objects.visible_to(who)
        .filter(Q(pk__in=parts) | of_body)
        .order_by("-starts_on", "-pk")
    )


def with_days(meetings: Iterable[Any]) -> list[tuple[Any, str]]:
    """Meetings, each with its dates in words."""
    from meetings.dates import when

    return [(meeting, when(meeting)) for meeting in meetings]


def offer_numbers(organizations: Iterable[Organization], who: Any) -> dict[int, int]:
    """How many live offers of each organization `who` may read; one query."""
    rows = (
        _model("assistance", "Offer")
        .objects.visible_to(who)
        .live()
        .filter(organization__in=[organization.pk for organization in organizations])
        .order_by()
        .values_list("organization_id")
        .annotate(number=Count("pk"))
    )
    return dict(rows)


def _values_by_offer(through: Any, column: str, offers: set[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for offer_id, value in through.objects.order_by("offer_id", column).values_list("offer_id", column):
        if offer_id in offers:
            found[offer_id].append(value)
    return found


def manages_webhooks(who: Any, organization: Organization) -> bool:
    """Whether `who` looks after the webhooks of an organization."""
    return allows(who, "view", _model("webhooks", "Webhook")(organization=organization))


def _with_provider(offers: QuerySet) -> QuerySet:
    return offers.select_related("organization", "state").order_by("-published_at", "-pk")


def _model(app: str, name: str) -> Any:
    return apps.get_model(app, name)
