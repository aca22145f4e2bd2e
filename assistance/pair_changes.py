"""What a stored match says otherwise than its pair, computed today: the policy or one of the records has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from .explanations import PART_LABELS
from .gate_sentences import GATE_LABELS, gate_sentence
from .wording import Words


@dataclass(frozen=True)
class PairChanges:
    """`sentences` say what changed; `rows` are the parts whose points differ, for `{% comparison %}`."""

    sentences: list[str]
    rows: list[dict[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.sentences or self.rows)


def pair_changes(stored: Mapping[str, Any], live: Mapping[str, Any], words: Words) -> PairChanges:
    """Compare two explanations of one pair; nothing is told of one that holds nothing."""
    if not stored.get("parts"):
        return PairChanges([], [])
    sentences = []
    if str(stored["policy"]) != str(live["policy"]):
        versions = {"then": stored["policy"], "now": live["policy"]}
        sentences.append(_("It was computed under policy %(then)s; policy %(now)s is in force now.") % versions)
    if stored["score"] != live["score"]:
        scores = {"then": _points(stored["score"]), "now": _points(live["score"])}
        sentences.append(_("It had %(then)s points; today it has %(now)s.") % scores)
    sentences += _gates_changed(stored, live, words)
    return PairChanges(sentences, _parts_changed(stored, live))


def _gates_changed(stored: Mapping[str, Any], live: Mapping[str, Any], words: Words) -> list[str]:
    before = {gate["code"]: gate["passed"] for gate in stored["gates"]}
    changed = [gate for gate in live["gates"] if before.get(gate["code"], gate["passed"]) != gate["passed"]]
    sentences = []
    for gate in changed:
        label = GATE_LABELS.get(gate["code"], gate["code"])
        why = gate_sentence(gate["code"], gate["params"], words, passed=gate["passed"])
        text = (
            _("“%(gate)s” is passed now: %(why)s")
            if gate["passed"]
            else _("“%(gate)s” is not passed any more: %(why)s")
        )
        sentences.append(text % {"gate": label, "why": why})
    return sentences


def _parts_changed(stored: Mapping[str, Any], live: Mapping[str, Any]) -> list[dict[str, Any]]:
    then = {part["code"]: part["points"] for part in stored["parts"]}
    now = {part["code"]: part["points"] for part in live["parts"]}
    return [
        {
            "label": str(PART_LABELS.get(code, code)),
            "left": _points(then[code]) if code in then else _("not counted"),
            "right": _points(now[code]) if code in now else _("not counted"),
            "differs": True,
        }
        for code in dict.fromkeys([*now, *then])
        if then.get(code) != now.get(code)
    ]


def _points(value: float) -> str:
    return number_format(value, 2)
