"""Points 16 to 18: preconditions, idempotency and batches, on a draft that is thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from ..portal_client import Answer
from .portal import CannotTell, Portal, expect

_TITLE = "Conformance check, to be discarded"


@contextmanager
def _draft(portal: Portal) -> Iterator[tuple[str, Answer]]:
    """The address of a new draft and the answer that it was made with; discarded at the end, whatever happens."""
    if not portal.has_key or not portal.may_write:
        raise CannotTell("give a key with the scope write, and --write")
    made = portal.ask("offers/", method="POST", body={"title": _TITLE}, Idempotency_Key=str(uuid.uuid4()))
    if made.status == 403:
        raise CannotTell("the key may not write")
    expect(made.status == 201, f"a draft was answered {made.status}")
    path = f"offers/{made.json()['id']}/"
    try:
        yield path, made
    finally:
        _discard(portal, path)


def _discard(portal: Portal, path: str) -> None:
    tag = portal.ask(path).etag
    status = portal.ask(path, method="DELETE", If_Match=tag).status
    expect(status == 204, f"the draft {path} could not be discarded ({status}): please do so by hand")


def preconditions(portal: Portal) -> str:
    """PATCH and DELETE need If-Match; what is only read is refused."""
    with _draft(portal) as (path, made):
        portal.refuses(path, 428, "precondition-required", method="PATCH", body={"capacity": 2})
        portal.refuses(path, 428, "precondition-required", method="DELETE")
        portal.refuses(path, 412, "stale", method="PATCH", body={"capacity": 2}, If_Match='"0-another"')
        portal.refuses(path, 412, "stale", method="DELETE", If_Match='"0-another"')
        for body in ({"status": "ongoing"}, {"no_such_field": 1}, {"capacity": "two"}):
            portal.refuses(path, 400, "invalid-request", method="PATCH", body=body, If_Match=made.etag)
        changed = portal.ask(path, method="PATCH", body={"capacity": 2}, If_Match=made.etag)
        expect(changed.status == 200, f"a right change was answered {changed.status}")
        expect(changed.json()["capacity"] == 2, "a change was answered 200 and did not happen")
        portal.refuses(path, 412, "stale", method="PATCH", body={"capacity": 3}, If_Match=made.etag)
    return "428, 412 and 400 where they belong; the draft is discarded"


def idempotency(portal: Portal) -> str:
    """A repeated POST is answered and not repeated."""
    with _draft(portal):
        sent, key = {"title": f"{_TITLE} (repeated)"}, str(uuid.uuid4())
        answers = [portal.ask("offers/", method="POST", body=sent, Idempotency_Key=key) for _ in range(2)]
        made = {answer.json().get("id") for answer in answers if answer.status == 201}
        try:
            expect([one.status for one in answers] == [201, 201], f"answered {[one.status for one in answers]}")
            expect(len(made) == 1, "the same POST under one Idempotency-Key made two offers")
            expect(answers[1].headers.get("Idempotent-Replayed") == "true", "the repeated answer does not say so")
            other = {"title": f"{_TITLE} (other)"}
            portal.refuses("offers/", 422, "key-reused", method="POST", body=other, Idempotency_Key=key)
        finally:
            for pk in made:
                _discard(portal, f"offers/{pk}/")
    return "the same answer for the same request, 422 for another; drafts are discarded"


def batches(portal: Portal) -> str:
    """All or none, with errors by index."""
    with _draft(portal) as (path, made):
        tag, pk = made.etag, made.json()["id"]
        good = {"id": pk, "if_match": tag, "data": {"capacity": 4}}
        bad = {"data": {"title": _TITLE, "no_such_field": 1}}
        problem = portal.refuses("offers/batch/", 400, method="POST", body={"items": [good, bad]})
        pointers = [one["pointer"] for one in problem.get("errors", [])]
        expect(any(one.startswith("/items/1/") for one in pointers), f"the errors point to {pointers}")
        expect(portal.read(path)["capacity"] is None, "a refused batch was written in part")
        portal.refuses("offers/batch/", 400, method="POST", body={"items": [good] * 101})
        done = portal.ask("offers/batch/", method="POST", body={"items": [good]})
        expect(done.status == 200, f"a right batch was answered {done.status}")
        expect(portal.read(path)["capacity"] == 4, "a batch was answered 200 and did not happen")
    return "a batch with one mistake changes nothing; the draft is discarded"
