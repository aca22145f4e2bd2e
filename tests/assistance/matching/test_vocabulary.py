"""The tree of areas, nearness of areas and forms, and the directory."""

from __future__ import annotations

import re
from datetime import date

import pytest

from assistance.matching import AreaTree, NeedProfile, OfferProfile, RequestProfile
from assistance.matching.closeness import area_closeness, best_form, form_closeness
from assistance.matching.profiles import InvalidProfile

from .builders import directory, offer


@pytest.mark.parametrize(
    ("needed", "offered", "closeness"),
    [
        ("BIO.LAB", "BIO.LAB", 1.0),
        ("BIO", "BIO.LAB", 0.6),
        ("BIO.LAB", "BIO", 0.4),
        ("BIO.LAB", "BIO.TRN", 0.1),
        ("BIO.LAB", "CHE.LAB", 0.0),
        ("BIO.LAB", "CAP", 0.15),
        ("CAP", "BIO.LAB", 0.15),
        ("CAP", "CAP.EDU", 0.15),
    ],
)
def test_closeness_in_the_tree(needed: str, offered: str, closeness: float) -> None:
    assert area_closeness(directory().areas, needed, offered) == closeness


@pytest.mark.parametrize(
    ("asked", "given", "closeness"),
    [
        ("TRNG", "TRNG", 1.0),
        ("TRNG", "WKSH", 0.7),
        ("EQPT", "TRNG", 0.3),
        ("TRNG", "EQPT", 0.0),
        ("LEGD", "GUID", 0.3),
        ("LEGD", "ADVI", 0.5),
        ("CERT", "FUND", 0.0),
    ],
)
def test_a_form_of_help_stands_in_for_another_only_so_far(asked: str, given: str, closeness: float) -> None:
    assert form_closeness(directory().type_families, asked, given) == closeness


def test_a_new_form_counts_by_its_family() -> None:
    families = {**directory().type_families, "DRON": "equipment"}
    assert form_closeness(families, "DRON", "EQPT") == 0.3
    assert best_form(families, "DRON", ()) == 0.0


def test_a_tree_that_runs_in_a_circle_is_refused() -> None:
    with pytest.raises(InvalidProfile, match="circle"):
        AreaTree({"A": "B", "B": "A"})


def test_an_unknown_parent_is_refused() -> None:
    with pytest.raises(InvalidProfile, match=re.escape("A.B has the unknown parent A")):
        AreaTree({"A.B": "A"})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: NeedProfile("1", "BIO", (), "urgent"), "unknown priority 'urgent'"),
        (lambda: RequestProfile("R", ()), "either a State or an organization"),
        (lambda: RequestProfile("R", (), state="KEN", organization="EAC"), "either a State or an organization"),
        (
            lambda: RequestProfile("R", (), state="KEN", needed_from=date(2027, 2, 1), needed_by=date(2027, 1, 1)),
            "needed by a date before",
        ),
        (
            lambda: OfferProfile("O", "WCO", starts_on=date(2027, 2, 1), ends_on=date(2027, 1, 1)),
            "ends before it starts",
        ),
    ],
)
def test_an_impossible_record_is_refused(build, message: str) -> None:
    with pytest.raises(InvalidProfile, match=message):
        build()


def test_coverage_is_the_union_of_groups_members_and_states() -> None:
    given = offer(
        coverage="selected",
        regional_groups=frozenset({"Eastern European"}),
        members_of=frozenset({"SICA"}),
        states=frozenset({"KEN"}),
    )
    covered = directory().covered_by(given)
    assert covered is not None
    assert {"ALB", "HND", "KEN"} <= covered
    assert "UGA" not in covered


def test_former_and_suspended_members_do_not_count() -> None:
    assert "NIC" not in directory().members("OAS")
    assert "VEN" not in directory().members("MERCOSUR")
    assert "ESH" not in directory().members("AU")


@pytest.mark.parametrize(
    ("provider", "inside", "outside"),
    [("OAS", "PER", "KEN"), ("CICTE", "PER", "KEN"), ("UNREC", "KEN", "PER"), ("CAIA", "ZAF", "KEN")],
)
def test_a_regional_body_is_at_home_in_its_region(provider: str, inside: str, outside: str) -> None:
    home = directory().home_of(provider)
    assert inside in home
    assert outside not in home


def test_a_global_body_is_at_home_nowhere_in_particular() -> None:
    assert directory().home_of("IAEA") == frozenset()
    assert directory().home_of("unknown body") == frozenset()
