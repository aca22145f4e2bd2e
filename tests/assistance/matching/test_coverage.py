"""Overlaps and gaps, compared with counting pair by pair."""

import random
from datetime import date
from itertools import combinations

import pytest

from assistance.matching.coverage import Coverage
from assistance.matching.coverage_values import (
    SEVERAL,
    Demand,
    Overlap,
    Supply,
    Verdict,
    free_places,
    region_of,
    running_together,
)
from assistance.matching.gates import MOST_MEMBERS
from assistance.matching.profiles import AreaTree

TREE = AreaTree(
    parents={
        "BIO": None,
        "BIO.LAB": "BIO",
        "BIO.SEC": "BIO",
        "BOR": None,
        "BOR.CUS": "BOR",
        "CAP": None,
        "CAP.TRN": "CAP",
    }
)
STATES = ("PER", "CHL", "KEN", "MLI")
SOUTH, AFRICA = frozenset({"PER", "CHL"}), frozenset({"KEN", "MLI"})
REGIONS = {"GRULAC": SOUTH, "African": AFRICA}


def made(key, provider, *areas, states=SOUTH, **more):
    return Supply(key, provider, areas, states, **more)


def coverage(*supplies):
    return Coverage(supplies, STATES, TREE)


def test_two_providers_in_the_same_state_and_area_overlap():
    found = coverage(made(1, "A", "BIO.LAB"), made(2, "B", "BIO.LAB", states=frozenset({"PER", "KEN"}))).overlaps()
    assert found == [Overlap("PER", "BIO.LAB", programmes=2, providers=2, everyone=0)]


def test_one_provider_with_two_programmes_does_not_overlap_with_itself():
    assert coverage(made(1, "A", "BIO.LAB"), made(2, "A", "BIO.LAB")).overlaps() == []


def test_a_broad_programme_meets_a_narrow_one_in_the_narrow_area():
    found = coverage(made(1, "A", "BIO"), made(2, "B", "BIO.LAB")).overlaps(states=["PER"])
    assert [(row.area, row.programmes) for row in found] == [("BIO.LAB", 2)]


def test_two_broad_programmes_meet_in_the_broad_area_and_not_again_below_it():
    found = coverage(made(1, "A", "BIO"), made(2, "B", "BIO")).overlaps(states=["PER"])
    assert [row.area for row in found] == ["BIO"]


def test_areas_beside_each_other_do_not_meet():
    assert coverage(made(1, "A", "BIO.LAB"), made(2, "B", "BIO.SEC")).overlaps() == []


def test_catch_all_programmes_meet_nobody():
    assert coverage(made(1, "A", "CAP"), made(2, "B", "CAP"), made(3, "C", "CAP.TRN")).overlaps() == []


def test_offers_open_to_all_are_counted_apart_and_make_no_overlap():
    everyone = [Supply(key, f"G{key}", ("BIO.LAB",)) for key in range(10, 15)]
    assert coverage(made(1, "A", "BIO.LAB"), *everyone).overlaps() == []
    (found, _chile) = coverage(made(1, "A", "BIO.LAB"), made(2, "B", "BIO.LAB"), *everyone).overlaps()
    assert (found.programmes, found.providers, found.everyone) == (2, 2, 5)


def test_a_state_that_offers_is_not_among_those_it_helps():
    supplies = [made(1, "PER", "BIO.LAB"), made(2, "B", "BIO.LAB")]
    assert [row.state for row in coverage(*supplies).overlaps()] == ["CHL"]


def test_the_programmes_of_a_cell_are_listed_with_their_common_time_and_free_places():
    first = made(1, "A", "BIO", capacity=2, ends_on=date(2027, 6, 30))
    second = made(2, "B", "BIO.LAB", capacity=3, starts_on=date(2027, 1, 1))
    everyone = Supply(3, "G", ("BIO.LAB",))
    group = coverage(first, second, everyone, made(4, "C", "BOR")).group("PER", "BIO.LAB")
    assert (group.made, group.everyone, group.places) == ((first, second), (everyone,), 5)
    assert group.together == (date(2027, 1, 1), date(2027, 6, 30))


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([("A", None, None), ("B", None, None)], (None, None)),
        ([("A", None, date(2027, 1, 31)), ("B", date(2027, 2, 1), None)], None),
        ([("A", None, date(2027, 1, 31)), ("B", date(2027, 1, 31), None)], (date(2027, 1, 31), date(2027, 1, 31))),
        ([("A", None, None), ("A", None, None)], None),
        (
            [
                ("A", None, date(2027, 3, 1)),
                ("B", date(2027, 1, 1), date(2027, 4, 1)),
                ("C", date(2027, 3, 1), date(2027, 5, 1)),
            ],
            (date(2027, 1, 1), date(2027, 4, 1)),
        ),
    ],
)
def test_two_providers_run_at_once_in_their_common_period(periods, expected):
    supplies = [
        made(key, provider, "BIO", starts_on=start, ends_on=end) for key, (provider, start, end) in enumerate(periods)
    ]
    assert running_together(supplies) == expected


def test_free_places_are_unknown_as_soon_as_one_gives_no_limit():
    assert free_places([made(1, "A", "BIO", capacity=2), made(2, "B", "BIO", capacity=0)]) == 2
    assert free_places([made(1, "A", "BIO", capacity=2), made(2, "B", "BIO")]) is None


def need(area="BIO.LAB", states=frozenset({"PER"}), requester="PER", **more):
    return Demand(1, requester, states, area, **more)


def reach_of(demand, *supplies):
    return coverage(*supplies).reach([demand])[1]


def test_a_need_is_reached_by_offers_of_the_same_area_and_of_one_inside_the_other():
    supplies = [made(1, "A", "BIO.LAB"), made(2, "B", "BIO"), made(3, "C", "BIO.SEC"), Supply(4, "G", ("BIO.LAB",))]
    reach = reach_of(need(), *supplies)
    assert (reach.made, reach.everyone, reach.verdict) == (2, 1, Verdict.MET)
    assert reach_of(need("BIO"), *supplies).made == 3


@pytest.mark.parametrize(
    ("supply", "verdict"),
    [
        (made(1, "A", "BIO.LAB", capacity=0), Verdict.FULL),
        (made(1, "A", "CAP"), Verdict.GENERAL),
        (made(1, "A", "CAP", capacity=0), Verdict.NONE),
        (made(1, "A", "BOR"), Verdict.NONE),
        (made(1, "A", "BIO.LAB", states=AFRICA), Verdict.NONE),
        (made(1, "PER", "BIO.LAB"), Verdict.NONE),
        (Supply(1, "ORGAN", ("BIO.LAB",), None, house=frozenset({"PER"})), Verdict.NONE),
        (made(1, "A", "BIO.LAB", ends_on=date(2027, 1, 31)), Verdict.NONE),
        (made(1, "A", "BIO.LAB", starts_on=date(2028, 1, 1)), Verdict.NONE),
        (made(1, "A", "BIO.LAB", ends_on=date(2027, 2, 1)), Verdict.MET),
    ],
)
def test_what_does_not_reach_a_need_is_told_apart(supply, verdict):
    demand = need(needed_from=date(2027, 2, 1), needed_by=date(2027, 12, 31))
    reach = reach_of(demand, supply)
    assert reach.verdict is verdict
    assert reach.is_gap is (verdict is not Verdict.MET)


def test_general_capacity_building_answers_a_need_that_is_general_itself():
    assert reach_of(need("CAP"), made(1, "A", "CAP")).verdict is Verdict.MET


def test_a_need_of_an_organization_is_reached_if_two_thirds_of_its_members_are_covered():
    members = frozenset({"PER", "CHL", "KEN"})
    assert reach_of(need(states=members, requester="ORG"), made(1, "A", "BIO.LAB")).verdict is Verdict.MET
    narrow = made(1, "A", "BIO.LAB", states=frozenset({"PER"}))
    assert reach_of(need(states=members, requester="ORG"), narrow).verdict is Verdict.NONE


def test_a_need_of_nobody_known_is_reached_by_offers_to_everyone_alone():
    nobody = need(states=frozenset(), requester="ORG")
    assert reach_of(nobody, made(1, "A", "BIO.LAB")).verdict is Verdict.NONE
    assert reach_of(nobody, Supply(1, "A", ("BIO.LAB",))).verdict is Verdict.MET


def test_a_need_belongs_to_the_region_of_most_of_its_states():
    assert region_of(frozenset({"PER", "CHL", "KEN"}), REGIONS) == "GRULAC"
    assert region_of(frozenset({"PER", "KEN"}), REGIONS) == SEVERAL
    assert region_of(frozenset(), REGIONS) == SEVERAL


def test_the_heat_table_counts_needs_gaps_and_supply_made_for_a_region_apart_from_supply_for_all():
    supplies = [
        made(1, "A", "BIO.LAB", capacity=0),
        made(2, "B", "BIO.LAB", "BIO.SEC", states=frozenset({"PER"}), capacity=0),
        Supply(3, "G", ("BOR.CUS",)),
    ]
    area = coverage(*supplies)
    demands = [
        Demand(1, "PER", frozenset({"PER"}), "BIO.LAB"),
        Demand(2, "KEN", frozenset({"KEN"}), "BIO"),
        Demand(3, "CHL", frozenset({"CHL"}), "BOR"),
        Demand(4, "ORG", frozenset({"PER", "KEN"}), "BIO.SEC"),
    ]
    rows = {"BIO": frozenset({"BIO", "BIO.LAB", "BIO.SEC"}), "BOR": frozenset({"BOR", "BOR.CUS"})}
    heat = area.heat(demands, area.reach(demands), REGIONS, rows)
    lab = heat["BIO", "GRULAC"]
    assert (lab.needs, lab.gaps, lab.full, lab.made, lab.everyone, lab.overlaps) == (1, 1, 1, 2, 0, 1)
    africa = heat["BIO", "African"]
    assert (africa.needs, africa.gaps, africa.full, africa.made, africa.overlaps) == (1, 1, 0, 0, 0)
    border = heat["BOR", "GRULAC"]
    assert (border.needs, border.gaps, border.thin, border.made, border.everyone) == (1, 0, 1, 0, 1)
    assert heat["BIO", SEVERAL].needs == 1
    assert sum(cell.needs for cell in heat.values()) == len(demands)


def test_the_offers_behind_a_cell_are_as_many_as_it_counts():
    area = coverage(made(1, "A", "BIO.LAB"), made(2, "B", "BOR"), Supply(3, "G", ("BIO",)))
    assert area.offers_in(SOUTH, {"BIO", "BIO.LAB"}) == ([1], [3])
    assert area.offers_in(AFRICA, {"BIO", "BIO.LAB"}) == ([], [3])


def test_an_area_that_the_tree_no_longer_has_is_an_area_of_its_own():
    assert reach_of(need("OLD"), made(1, "A", "OLD")).verdict is Verdict.MET
    assert [row.area for row in coverage(made(1, "A", "OLD"), made(2, "B", "OLD")).overlaps()] == ["OLD", "OLD"]


def test_no_offers_and_no_needs_are_no_error():
    empty = coverage()
    assert empty.overlaps() == []
    assert empty.overlapping_programmes() == dict.fromkeys(STATES, 0)
    assert empty.reach([need()])[1].verdict is Verdict.NONE
    assert empty.heat([], {}, REGIONS, {"BIO": frozenset({"BIO"})})["BIO", "GRULAC"].needs == 0


# Against counting pair by pair


def drawn(dice, number):
    codes = sorted(TREE.parents)
    for key in range(number):
        everyone = dice.random() < 0.2
        yield Supply(
            key,
            dice.choice(["A", "B", "C", "PER"]),
            tuple(dice.sample(codes, dice.randint(1, 3))),
            None if everyone else frozenset(dice.sample(STATES, dice.randint(0, 3))),
            dice.choice([None, 0, 2]),
            dice.choice([None, date(2027, 1, 1), date(2028, 1, 1)]),
            dice.choice([None, date(2028, 6, 30)]),
            frozenset(dice.sample(["A", "ORG"], dice.randint(0, 1))),
        )


def near(first, second):
    return TREE.is_within(first, second) or TREE.is_within(second, first)


def is_general(code):
    return TREE.is_within(code, "CAP")


def helps(supply, state):
    return supply.provider != state and (supply.states is None or state in supply.states)


def meet(first, second, state):
    return (
        first.provider != second.provider
        and helps(first, state)
        and helps(second, state)
        and any(near(a, b) for a in first.areas if not is_general(a) for b in second.areas if not is_general(b))
    )


@pytest.mark.parametrize("seed", range(40))
def test_cells_hold_exactly_the_pairs_that_meet(seed):
    supplies = list(drawn(random.Random(seed), 9))
    area = coverage(*supplies)
    made_ones = [supply for supply in supplies if supply.states is not None]
    overlapping = area.overlapping_programmes()
    for state in STATES:
        expected = {(a.key, b.key) for a, b in combinations(made_ones, 2) if meet(a, b, state)}
        found = set()
        for row in area.overlaps(states=[state]):
            group = area.group(state, row.area)
            assert (row.programmes, row.everyone) == (len(group.made), len(group.everyone))
            assert row.providers == len({supply.provider for supply in group.made})
            found |= {(a.key, b.key) for a, b in combinations(group.made, 2) if a.provider != b.provider}
        assert found == expected
        for provider in {supply.provider for supply in supplies}:
            of_provider = [row.area for row in area.overlaps(states=[state], provider=provider)]
            assert of_provider == [
                row.area
                for row in area.overlaps(states=[state])
                if provider in {supply.provider for supply in area.group(state, row.area).made}
            ]
        assert overlapping[state] == len({key for pair in expected for key in pair})


@pytest.mark.parametrize("seed", range(40))
def test_needs_are_reached_exactly_by_those_that_a_reader_would_count(seed):
    dice = random.Random(seed)
    supplies = list(drawn(dice, 9))
    area = coverage(*supplies)
    for code in sorted(TREE.parents):
        states = frozenset(dice.sample(STATES, dice.randint(0, 3)))
        demand = Demand(
            1,
            dice.choice(["A", "ORG", *states]),
            states,
            code,
            dice.choice([None, date(2027, 6, 1)]),
            dice.choice([None, date(2027, 12, 1)]),
        )
        counted = dict.fromkeys(("made", "everyone", "full", "general"), 0)
        for supply in supplies:
            share = sum(helps(supply, state) for state in states) / len(states) if states else supply.states is None
            if (
                share < MOST_MEMBERS
                or demand.requester in {supply.provider} | supply.house
                or (supply.starts_on or date.min) > (demand.needed_by or date.max)
                or (supply.ends_on or date.max) < (demand.needed_from or date.min)
            ):
                continue
            named = [other for other in supply.areas if is_general(code) or not is_general(other)]
            if any(near(code, other) for other in named):
                counted["full" if not supply.has_room else "everyone" if supply.states is None else "made"] += 1
            elif any(is_general(other) for other in supply.areas) and supply.has_room:
                counted["general"] += 1
        reach = area.reach([demand])[1]
        assert {name: getattr(reach, name) for name in counted} == counted
        assert len(area.reaching(demand)) == reach.made + reach.everyone + reach.full
