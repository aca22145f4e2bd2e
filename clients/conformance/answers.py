"""Points 15, 19 to 23 and 25: conditional requests, errors, limits, request numbers, what goes away, speed."""

from __future__ import annotations

import re

from ..portal_client import Answer
from .portal import MOST_PAGES, CannotTell, Portal, expect, problem_of, same_without, tokens

_STRONG = re.compile(r'"[^"\s]+"')
_LEFT = re.compile(r'"(\w+)";r=(\d+)')


def conditional(portal: Portal) -> str:
    """Strong ETags, 304 without a body, and what caches are told."""
    name, rows = portal.longest
    end = "changes/?type=area&limit=200"
    for _ in range(MOST_PAGES):
        page = portal.read(end)
        end = f"changes/?type=area&limit=200&cursor={page['meta']['cursor']}"
        if not page["next"]:
            break
    # Behind the last change nothing waits. Before it each answer tells another lag, and is another answer.
    paths = [f"{name}/?limit=2", f"{name}/{rows[0]['id']}/", end]
    for path in paths:
        first = portal.ask(path)
        _check_headers(first, path)
        _check_headers(again := portal.ask(path, If_None_Match=first.etag), path)
        expect(again.status == 304, f"GET {path} with its ETag answered {again.status}")
        expect(not again.body, f"the 304 of {path} has a body")
        expect(again.etag == first.etag, f"the 304 of {path} has another ETag")
        other = portal.ask(path, If_None_Match='"something-else"')
        expect(other.status == 200, f"GET {path} with another ETag answered {other.status}")
        is_same = other.body == first.body or other.etag != first.etag
        expect(is_same, f"GET {path} answers differently under one ETag")
    if portal.has_key:
        with_key, without = portal.ask(paths[0]), portal.ask(paths[0], visitor=True)
        is_apart = with_key.etag != without.etag
        expect(is_apart, f"GET {paths[0]} has one ETag with and without the key, so that one could get the other's 304")
    return f"{len(paths)} addresses answer 304"


def _check_headers(answer: Answer, path: str) -> None:
    expect(_STRONG.fullmatch(answer.etag), f"the ETag of {path} is {answer.etag or 'missing'}, not a strong one")
    expect({"private", "no-cache"} <= tokens(answer, "Cache-Control"), f"{path} lacks Cache-Control: private, no-cache")
    expect({"authorization", "accept"} <= tokens(answer, "Vary"), f"{path} lacks Vary: Authorization, Accept")


def errors(portal: Portal) -> str:
    """Problems say what they are, and an invisible record is not told from a missing one."""
    name, _ = portal.longest
    kinds = portal.read("problems/")["data"]
    problem = portal.refuses(f"{name}/?limit=x", 400)
    expect(problem["instance"].endswith(f"/{name}/"), f"the instance of a problem is {problem['instance']}")
    for one in problem["errors"]:
        expect(set(one) == {"pointer", "code", "detail"}, f"an error has the members {sorted(one)}")
    explained = portal.caller.url(problem["type"])
    expect(portal.ask(explained).status == 200, f"{problem['type']} explains nothing")
    missing = portal.refuses("offers/9007199254740991/", 404, "not-found", visitor=True)
    portal.refuses("no-such-thing/", 404, "not-found")
    hidden = _hidden(portal)
    if hidden is None:
        return f"{len(kinds)} kinds; nothing was found that only the key reads"
    answer = portal.ask(hidden, visitor=True)
    expect(answer.status == 404, f"{hidden}, which only the key reads, answered {answer.status} without it")
    invisible = problem_of(answer, hidden)
    expect(same_without(invisible, missing, "instance"), f"{hidden} is refused otherwise than what does not exist")
    return f"{len(kinds)} kinds; {hidden} is for a visitor as if it did not exist"


def _hidden(portal: Portal) -> str | None:
    """A record that the key reads and a visitor does not."""
    if not portal.has_key:
        return None
    for name, rows in portal.filled.items():
        for row in rows:
            if row["visibility"] != "public":
                return f"{name}/{row['id']}/"
    return None


def limits(portal: Portal) -> str:
    """Every answer says what is left; a 304 costs a tenth."""
    first = portal.ask("areas/?limit=1")
    expect(first.headers.get("RateLimit-Policy"), "there is no header RateLimit-Policy")
    before = _left(first)
    expect(before, f"the header RateLimit is {first.headers.get('RateLimit') or 'missing'}")
    after = _left(portal.ask("areas/?limit=2"))
    policy = min(before)
    is_counted = after[policy] != before[policy] or before[policy] == 0
    expect(is_counted, f"{policy}: {before[policy]} left, and after another request {after[policy]}")
    for _ in range(5):
        unchanged = portal.ask("areas/?limit=1", If_None_Match=first.etag)
        expect(unchanged.status == 304, f"a conditional request answered {unchanged.status}")
    cost = after[policy] - _left(unchanged)[policy]
    if cost < 0:
        return f"{first.headers['RateLimit-Policy']}; a window ended meanwhile, so that costs were not compared"
    expect(cost <= 2, f"five answers 304 cost {cost} requests of {policy}; others may use the key at this moment")
    return f"{first.headers['RateLimit-Policy']}; five answers 304 cost {cost}"


def _left(answer: Answer) -> dict[str, int]:
    return {name: int(left) for name, left in _LEFT.findall(answer.headers.get("RateLimit", ""))}


def numbers(portal: Portal) -> str:
    """Every answer has its number."""
    for path in ("", "areas/", "offers/9007199254740991/", "areas/?limit=x", "no-such-thing/"):
        portal.ask(path)
    bare = [path for path, answer in portal.answers if not answer.headers.get("X-Request-Id")]
    expect(not bare, f"{bare[0] or 'the root'} was answered without X-Request-Id" if bare else "")
    numbers = [answer.headers["X-Request-Id"] for _, answer in portal.answers]
    expect(len(set(numbers)) == len(numbers), "two answers have the same X-Request-Id")
    return f"{len(numbers)} answers; that reads of contacts are logged does not show from outside"


def webhooks(portal: Portal) -> str:
    """Deliveries are signed, retried and pinned."""
    raise CannotTell("needs a receiver that the portal can reach; verify_webhook of the client checks deliveries there")


def deprecations(portal: Portal) -> str:
    """What goes away says when, and the document says what there is."""
    version = str(portal.document["info"]["version"])
    expect(version.startswith("1."), f"the document under /api/v1/ has the version {version}")
    portal.ask("areas/?limit=1")
    announced = [(path, answer) for path, answer in portal.answers if "Deprecation" in answer.headers]
    for path, answer in announced:
        date = answer.headers["Deprecation"]
        expect(re.fullmatch(r"@\d+", date), f"{path} says Deprecation: {date}, which is no date (RFC 9745)")
        expect("Sunset" in answer.headers, f"{path} goes away and does not say when")
    ending = [(path, answer) for path, answer in portal.answers if "Sunset" in answer.headers]
    alone = [path for path, answer in ending if "Deprecation" not in answer.headers]
    expect(not alone, f"{alone[0]} ends without having been announced" if alone else "")
    shown = portal.ask("docs/", Accept="text/html")
    expect(shown.status == 200, f"the reference page answered {shown.status}")
    return f"version {version}, {len(announced)} of {len(portal.answers)} answers announce an end"


def speed(portal: Portal) -> str:
    """Lists, 304 and changes against a bare view."""
    raise CannotTell("needs the portal's own machine: make bench")
