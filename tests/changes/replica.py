"""Mirrors kept by several readers while several writers write whatever the portal knows how to write.

Each writer takes an operation and a record at random, again and again; each reader follows the feed by its cursor. A
writer stays in its transaction for a moment after the change was noted, as a slow server would: that is when a reader
passes a row that is not there yet, unless commits follow the numbers.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from cooperation_portal.access.actors import VISITOR, Actor, actor_for_keys_of
from cooperation_portal.api.catalogue import resources, resources_by_type
from cooperation_portal.api.renderers import to_json
from cooperation_portal.api.rows import represent
from cooperation_portal.changes.feed import read_items, read_slice
from cooperation_portal.changes.parents import named_by
from organizations.models import Organization

from .operations import OPERATIONS, REFUSALS

#: Longest time, in seconds, that a writer stays in its transaction once the change is noted.
SLOWEST_COMMIT = 0.03
#: So many seconds more the writers go on until each operation got through once, on a busy machine.
LONGEST_EXTRA = 120


@dataclass
class Replica:
    """A mirror: what the feed told one reader, by type and id, and what it told in the wrong order."""

    actor: Actor
    limit: int = 50
    cursor: str = ""
    records: dict[tuple[str, int], bytes] = field(default_factory=dict)
    refs: set[tuple[str, str]] = field(default_factory=set)
    orphans: list[tuple[str, str, str]] = field(default_factory=list)
    pages: int = 0
    #: Only while nobody writes: what is seen changes between one look and the next.
    checks_parents: bool = False

    def pull(self) -> bool:
        """One page; whether more waits."""
        found = read_slice(actor=self.actor, cursor=self.cursor, types=sorted(resources_by_type()), limit=self.limit)
        for item in json.loads(to_json(read_items(found, self.actor))):
            self.take(item)
        self.cursor, self.pages = found.cursor, self.pages + 1
        return found.has_more

    def take(self, item: dict[str, Any]) -> None:
        key = (item["type"], item["id"])
        if item["op"] == "remove":
            assert (item["ref"], item["object"]) == (None, None), "a removal tells no content"
            self.records.pop(key, None)
            return
        self.records[key] = to_json(item["object"])
        if self.checks_parents:
            self.orphans += [(item["ref"], *ref) for ref in named_by(item["object"]) if self.is_untold(*ref)]
        self.refs.add((item["type"], item["ref"]))

    def is_untold(self, record_type: str, ref: str) -> bool:
        """Whether a record that the reader sees was named before it was told."""
        one = resources_by_type()[record_type]
        visible = one.rows(self.actor).alias(_ref=one.ref_expression()).filter(_ref=ref)
        return (record_type, ref) not in self.refs and visible.exists()

    def live(self) -> dict[tuple[str, int], bytes]:
        """What its reader may see."""
        return {
            (one.type, made["id"]): to_json(json.loads(to_json(made)))
            for one in resources().values()
            for made in represent(one, one.rows(self.actor), actor=self.actor)
        }

    def differences(self) -> list[str]:
        live = self.live()
        return sorted(
            f"{kind} {pk}: "
            + ("missed" if (kind, pk) not in self.records else "kept" if (kind, pk) not in live else "old")
            for kind, pk in live.keys() | self.records.keys()
            if live.get((kind, pk)) != self.records.get((kind, pk))
        )


class Drill:
    """Writers that write for so long while every replica follows and, at the end, catches up."""

    def __init__(
        self, replicas: list[Replica], *, seconds: float, seed: int = 1540, longest: float | None = None
    ) -> None:
        self.replicas = replicas
        self.seed = seed
        self.ends = time.monotonic() + seconds
        self.ends_at_last = time.monotonic() + (longest or seconds + LONGEST_EXTRA)
        self.done: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.failures: list[str] = []
        self._writing_is_over = threading.Event()

    def run(self, *, writers: int = 4) -> None:
        followers = [self._thread(self._follow, replica) for replica in self.replicas]
        pens = [self._thread(self._write, random.Random(self.seed + number)) for number in range(writers)]
        for thread in pens:
            thread.join()
        self._writing_is_over.set()
        for thread in followers:
            thread.join()

    def _thread(self, job: Callable[[Any], None], argument: Any) -> threading.Thread:
        def guarded() -> None:
            try:
                job(argument)
            except Exception as failure:
                # The test tells it: a thread that only dies would leave the drill looking well.
                self.failures.append(f"{type(failure).__name__}: {failure}")
            finally:
                connection.close()

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def _write(self, chance: random.Random) -> None:
        while time.monotonic() < self.ends or (self.missing() and time.monotonic() < self.ends_at_last):
            operation = chance.choice(OPERATIONS)
            try:
                with transaction.atomic():
                    operation(chance)
                    time.sleep(chance.random() * SLOWEST_COMMIT)
            except REFUSALS as refusal:
                self.reasons[f"{operation.__name__}: {refusal}"] += 1
            else:
                self.done[operation.__name__] += 1

    def missing(self) -> set[str]:
        """Operations that never got through so far."""
        return {operation.__name__ for operation in OPERATIONS} - self.done.keys()

    def _follow(self, replica: Replica) -> None:
        while not self._writing_is_over.is_set():
            if not replica.pull():
                time.sleep(0.05)
        while replica.pull():
            pass


def identities(organizations: Iterable[Organization], *, checks_parents: bool = False) -> list[Replica]:
    """A visitor, and a key of each of four organizations; pages of different lengths."""
    actors = [VISITOR, *(actor_for_keys_of(one.pk) for one in organizations)]
    lengths = (20, 3, 7, 50, 200)
    return [
        Replica(actor, limit=limit, checks_parents=checks_parents) for actor, limit in zip(actors, lengths, strict=True)
    ]
