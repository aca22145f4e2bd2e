"""Which States an offer covers."""

import pytest

from assistance.coverage import CoverageTable, covered_states, in_short, in_words, open_to_group_q, open_to_state_q
from assistance.models import Offer
from tests.factories import (
    OfferFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db


CASES = {
    "global": ({"coverage": "global"}, {"PER", "CHL", "MLI"}),
    "group": ({"regional_groups": ["GRULAC"]}, {"PER", "CHL"}),
    "members": ({"members_of": ["body"]}, {"PER"}),
    "states": ({"states": ["mali", "chile"]}, {"MLI", "CHL"}),
    "union": ({"regional_groups": ["African"], "members_of": ["body"], "states": ["peru"]}, {"MLI", "PER"}),
    "nobody": ({}, set()),
}


@pytest.mark.parametrize("case", CASES)
def test_an_offer_covers_the_union_of_what_it_names(world, case):
    said, covered = CASES[case]
    said = {"coverage": "selected"} | said
    for name in ("members_of", "states"):
        said[name] = [world[key] for key in said.get(name, [])]
    made = OfferFactory(**said)
    assert covered_states(made) == covered
    # The query and the union must never disagree.
    for state in (world["peru"], world["chile"], world["mali"]):
        assert Offer.objects.filter(open_to_state_q(state)).exists() == (state.iso3 in covered), state
    groups = {"GRULAC": {"PER", "CHL"}, "African": {"MLI"}, "WEOG": set()}
    for group, members in groups.items():
        expected = bool(covered & members) or said["coverage"] == "global"
        assert Offer.objects.filter(open_to_group_q(group)).count() == int(expected), group


def test_coverage_of_many_offers_needs_two_queries_and_their_prefetch(world, django_assert_num_queries):
    for _number in range(5):
        OfferFactory(coverage="selected", members_of=[world["body"]], states=[world["mali"]])
    with django_assert_num_queries(5):
        table = CoverageTable.read()
        assert {table.of(row) for row in Offer.objects.prefetch_related("members_of", "states")} == {
            frozenset({"PER", "MLI"})
        }


def test_coverage_is_said_in_words(world):
    assert in_short(OfferFactory()) == "All States"
    made = OfferFactory(
        coverage="selected", regional_groups=["African"], members_of=[world["body"]], states=[world["chile"]]
    )
    assert in_short(made) == "African States; members of BODY; Chile"
    assert in_words(made, covered_states(made)) == "Open to 3 States: African States; members of BODY; Chile"
    single = OfferFactory(coverage="selected", states=[world["peru"]])
    assert in_words(single, covered_states(single)) == "Open to 1 State: Peru"
    nobody = OfferFactory(coverage="selected")
    assert in_words(nobody, covered_states(nobody)) == "Open to no State yet"


def test_many_single_states_are_shortened_and_none_is_lost_in_the_count():
    names = ["Aa", "Bb", "Cc", "Dd", "Ee"]
    made = OfferFactory(coverage="selected", states=[StateFactory(name_en=name) for name in names])
    assert in_short(made) == "Aa; Bb; Cc; 2 more States"
    made.states.remove(made.states.last())
    assert in_short(made) == "Aa; Bb; Cc; Dd"
