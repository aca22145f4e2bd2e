"""What must hold for every request and offer, tried on generated ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistance.matching import (
    DEFAULT_POLICY,
    ExistingAssistance,
    Matcher,
    NeedProfile,
    OfferProfile,
    Policy,
    RequestProfile,
)
from assistance.matching.policy import LOWERING, PARTS
from assistance.matching.scoring import score

from .builders import TODAY, directory, matcher, pair

AREAS = ("BIO", "BIO.LAB", "BIO.TRN", "BOR", "BOR.CUS", "BOR.MAR", "CAP", "COO", "LEG.BIO", "PHY.BIO")
TYPES = ("ADVI", "EQPT", "GUID", "INFR", "LEGD", "NEED", "TRNG", "WKSH")
STATES = ("KEN", "UGA", "PER", "JAM", "ALB")
BODIES = ("CICTE", "EAC", "OAS", "SICA", "UNREC", "WCO", "WHO")
LANGUAGES = ("en", "fr", "es", "ru", "ar")
SENTENCES = (
    "",
    "Equipment is not needed.",
    "Courses must be in English.",
    "The matter is urgent.",
    "Specific needs will be communicated later.",
    "Laboratories ask for biosafety training.",
    "No equipment is supplied.",
    "Registration is closed.",
    "English only.",
    "Landlocked States only.",
    "Subject to funding.",
    "For subregional organizations, at short notice.",
    "A follow-up to earlier work.",
    "Strategic goods are not addressed.",
)
TITLES = ("", "Biosafety", "Courses for the Caribbean", "Customs training in East Africa")

days = st.integers(-400, 900).map(lambda number: TODAY + timedelta(days=number))
maybe_days = st.none() | days
weapons = st.frozensets(st.sampled_from(("NW", "CW", "BW")))
texts = st.lists(st.sampled_from(SENTENCES), max_size=3).map(" ".join)
languages = st.lists(st.sampled_from(LANGUAGES), unique=True, max_size=3).map(tuple)


def in_order(first: date | None, last: date | None) -> tuple[date | None, date | None]:
    return (last, first) if first and last and last < first else (first, last)


@st.composite
def requests(draw: st.DrawFn) -> RequestProfile:
    needs = draw(
        st.lists(
            st.tuples(
                st.sampled_from(AREAS),
                st.lists(st.sampled_from(TYPES), unique=True, max_size=3),
                st.sampled_from(("high", "medium", "low")),
            ),
            min_size=1,
            max_size=4,
        )
    )
    needed_from, needed_by = in_order(draw(maybe_days), draw(maybe_days))
    asks_as_state = draw(st.booleans())
    return RequestProfile(
        reference="REQ",
        needs=tuple(NeedProfile(str(n), area, tuple(types), rank) for n, (area, types, rank) in enumerate(needs)),
        state=draw(st.sampled_from(STATES)) if asks_as_state else None,
        organization=None if asks_as_state else draw(st.sampled_from(("EAC", "SICA", "OAS"))),
        title=draw(st.sampled_from(TITLES)),
        description=draw(texts),
        weapon_types=draw(weapons),
        languages=draw(languages),
        needed_from=needed_from,
        needed_by=needed_by,
        preferred_providers=draw(st.frozensets(st.sampled_from(BODIES), max_size=2)),
        declined_providers=draw(st.frozensets(st.sampled_from(BODIES), max_size=1)),
        existing_assistance=draw(existing),
    )


existing = st.lists(
    st.builds(ExistingAssistance, st.sampled_from(BODIES), st.sampled_from(AREAS), maybe_days), max_size=2
).map(tuple)


@st.composite
def offers(draw: st.DrawFn, reference: str = "OFF") -> OfferProfile:
    starts_on, ends_on = in_order(draw(maybe_days), draw(maybe_days))
    return OfferProfile(
        reference=reference,
        provider=draw(st.sampled_from((*BODIES, "KEN"))),
        title=draw(st.sampled_from(TITLES)),
        summary=draw(texts),
        kind=draw(st.sampled_from(("programme", "standing_offer"))),
        status=draw(st.sampled_from(("ongoing", "planned", "suspended"))),
        areas=tuple(draw(st.lists(st.sampled_from(AREAS), unique=True, max_size=3))),
        types=tuple(draw(st.lists(st.sampled_from(TYPES), unique=True, max_size=3))),
        weapon_types=draw(weapons),
        coverage=draw(st.sampled_from(("global", "selected"))),
        regional_groups=draw(st.frozensets(st.sampled_from(("African", "GRULAC")))),
        members_of=draw(st.frozensets(st.sampled_from(("EAC", "OAS")))),
        states=draw(st.frozensets(st.sampled_from(STATES))),
        languages=draw(languages),
        starts_on=starts_on,
        ends_on=ends_on,
        capacity=draw(st.sampled_from((None, 0, 1))),
    )


books = st.lists(offers(), max_size=5).map(
    lambda found: [replace(offer, reference=f"OFF-{number:02}") for number, offer in enumerate(found)]
)
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(requests(), offers())
def test_the_parts_add_up_to_the_score_and_stay_in_bounds(request: RequestProfile, offer: OfferProfile) -> None:
    found = score(pair(request, offer))
    assert sum(part.hundredths for part in found.parts) == found.hundredths
    assert 0 <= found.hundredths <= 10_000
    assert [part.code for part in found.parts] == [*PARTS, *LOWERING]
    for part in found.parts:
        assert 0 <= part.value <= 1, part
        assert part.hundredths * (1 if part.code in PARTS else -1) >= 0, part


@many
@given(requests(), books)
def test_a_book_gives_the_same_hundredths_as_pair_by_pair(request: RequestProfile, found: list[OfferProfile]) -> None:
    by_pair = matcher().rank(request, found, explained=False, with_rejected=False)
    by_book = matcher().rank(request, matcher().book(found), explained=False, with_rejected=False)
    assert by_book == by_pair


@many
@given(requests(), books, st.randoms(use_true_random=False))
def test_the_order_in_which_offers_come_does_not_matter(request, found: list[OfferProfile], random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert matcher().rank(request, shuffled) == matcher().rank(request, found)


@many
@given(requests(), offers())
def test_a_fresh_matcher_gives_the_same_explanation(request: RequestProfile, offer: OfferProfile) -> None:
    fresh = Matcher(directory(), DEFAULT_POLICY, TODAY)
    assert fresh.explain(request, offer) == matcher().explain(request, offer)


@many
@given(requests(), offers(), st.data())
def test_sharing_more_with_the_request_never_lowers_the_score(
    request: RequestProfile, offer: OfferProfile, data: st.DataObject
) -> None:
    """An area, a form, a language or the State that is asked for is added to the offer's tags."""
    request = replace(request, existing_assistance=(), description="")
    offer = replace(offer, title="", summary="")
    before = score(pair(request, offer)).hundredths
    need = data.draw(st.sampled_from(request.needs))
    states = offer.states | directory().states_of(request)
    wider = [
        replace(offer, areas=tuple(dict.fromkeys((*offer.areas, need.area)))),
        replace(offer, states=states),
        replace(offer, languages=tuple(dict.fromkeys((*offer.languages, *request.languages)))),
    ]
    if offer.types:
        # Help that is spoken is of use only in a language that is asked for: a form is added together with those.
        types = tuple(dict.fromkeys((*offer.types, *need.types)))
        languages = tuple(dict.fromkeys((*offer.languages, *request.languages)))
        wider.append(replace(offer, types=types, languages=languages))
    if offer.weapon_types:
        wider.append(replace(offer, weapon_types=offer.weapon_types | request.weapon_types))
    for wide in wider:
        assert score(pair(request, wide)).hundredths >= before, wide


@many
@given(requests(), offers(), existing)
def test_more_help_that_is_running_already_never_raises_the_score(
    request: RequestProfile, offer: OfferProfile, more: tuple[ExistingAssistance, ...]
) -> None:
    burdened = replace(request, existing_assistance=request.existing_assistance + more)
    assert score(pair(burdened, offer)).hundredths <= score(pair(request, offer)).hundredths


@many
@given(requests(), offers())
def test_preferring_the_provider_never_lowers_the_score(request: RequestProfile, offer: OfferProfile) -> None:
    preferring = replace(request, preferred_providers=request.preferred_providers | {offer.provider})
    assert score(pair(preferring, offer)).hundredths >= score(pair(request, offer)).hundredths


@many
@given(requests(), books, st.dictionaries(st.sampled_from(PARTS), st.integers(0, 40), min_size=1))
def test_any_policy_gives_sums_that_are_exact(
    request: RequestProfile, found: list[OfferProfile], weights: dict[str, int]
) -> None:
    if not any(weights.values()):
        weights = {"needs": 1}
    other = Matcher(directory(), Policy(version="2", weights=weights), TODAY)
    for offer in found:
        scored = score(other.pair(request, offer))
        assert sum(part.hundredths for part in scored.parts) == scored.hundredths <= 10_000
    by_book = other.rank(request, other.book(found), explained=False, with_rejected=False)
    assert by_book == other.rank(request, found, explained=False, with_rejected=False)
