"""The examples of packages and portfolio in `docs/matching.md` are what the library computes."""

from __future__ import annotations

from pathlib import Path

from assistance.matching import DEFAULT_POLICY
from assistance.matching.packages import COMPLEMENTARITY, WHOLE, Candidate, find_packages
from assistance.matching.portfolio import OpenRequest, PossiblePair, Rules, Supply, plan_portfolio
from assistance.matching.portfolio_model import PAIR_COSTS
from assistance.matching.profiles import NeedProfile

PAGE = (Path(__file__).parents[3] / "docs" / "matching.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(text: str, first: str) -> list[dict[str, str]]:
    """The rows of the table whose first column has this title."""
    lines = text.partition(f"| {first} |")[1:]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in "".join(lines).partition("\n\n")[0].splitlines()
    ]
    header, _rule, *body = rows
    return [dict(zip(header, row, strict=True)) for row in body]


def test_the_packages_of_the_example():
    text = section("Packages")
    offered = table(text, "Offer")
    titles = list(offered[0])[3:]
    needs = [NeedProfile(title, "BIO", (), title.rpartition("(")[2].rstrip(")")) for title in titles]
    candidates = [
        Candidate(
            row["Offer"],
            row["Offer"],
            round(100 * float(row["Score"])),
            tuple(float(row[title]) for title in titles),
            is_international=row["Kind of body"] == "international",
            is_regional=row["Kind of body"] == "regional",
        )
        for row in offered
    ]
    found = find_packages(needs, candidates, priorities=DEFAULT_POLICY.priorities, reach=DEFAULT_POLICY.reach)
    assert found.is_proven
    shown = table(text, "Package")
    assert len(shown) == len(found.packages)
    for row, package in zip(shown, found.packages, strict=True):
        bonus = COMPLEMENTARITY if any(note["code"] == "complementary" for note in package.notes) else 0
        assert row["Offers"] == ", ".join(sorted(package.offers))
        assert row["Need met"] == f"{(package.worth - bonus) / WHOLE:.4f}"
        assert row["Bonus"] == f"{bonus / WHOLE:.4f}"
        assert row["Worth"] == f"{package.worth / WHOLE:.4f}"


def test_the_portfolio_of_the_example():
    text = section("Portfolio")
    rows = table(text, "Request")
    references = sorted({row["Request"] for row in rows})
    needs = {
        reference: [NeedProfile(row["Need"], "BIO", (), row["Priority"]) for row in rows if row["Request"] == reference]
        for reference in references
    }
    requester = {row["Request"]: row["Requester"] for row in rows}
    requests = [OpenRequest(reference, requester[reference], tuple(needs[reference])) for reference in references]
    pairs = [
        PossiblePair(reference, offer, 5_000, met)
        for reference in references
        for offer in "ABC"
        if any(met := tuple(float(row[offer]) for row in rows if row["Request"] == reference))
    ]
    supplies = [Supply(offer, offer, (offer,), places) for offer, places in (("A", 1), ("B", 1), ("C", 0))]
    found = plan_portfolio(requests, supplies, pairs, rules=Rules())
    assert found.is_proven
    shown = table(text.partition("C has none")[2].partition("\n\n|")[2].partition("\n\n")[2], "Request")
    assert [row["Request"] for row in shown] == references
    for row in shown:
        own = [one for one in found.assignments if one.request == row["Request"]]
        assert row["Gets"] == (", ".join(one.offer for one in own) or "nothing")
        met = sum(DEFAULT_POLICY.priorities[served.need.priority] * served.met for one in own for served in one.served)
        assert row["Need met"] == f"{met:.4f}"
        left = [f"{one.need.key}: `{one.reason}`" for one in found.left_needs if one.request == row["Request"]]
        assert row["Stays open"] == (", ".join(left) or "nothing")
    margins = [(one.area, str(one.helped), f"{one.met:.4f}") for one in found.margins]
    assert [tuple(row.values()) for row in table(text, "Area of")] == margins


def test_the_rules_on_the_page_are_those_of_the_library():
    text = section("Portfolio")
    rules = Rules()
    assert f"({rules.unstated_places} if nothing else is said)" in text
    assert f"the plan was asked for ({rules.offers_per_request})" in text
    assert f"costs {PAIR_COSTS // 100} points less its score" in text
    assert f"and {COMPLEMENTARITY / WHOLE:g} more" in section("Packages")
