"""Puts the matching library's explanations into sentences, in the reader's language.

The library stores codes with parameters; here each code has its sentence. `tests/assistance/test_explanations.py`
checks that no code of the library's catalogue is without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assistance.matching.policy import LOWERING

from .gate_sentences import GATE_LABELS, GATE_SENTENCES, gate_sentence
from .models import Match, Need
from .wording import Params, Sentence, Words, day, former_label, languages, listed, said, weapon_types

#: Kept here too, so that callers find all that makes sentences in one module.
__all__ = ["GATE_LABELS", "GATE_SENTENCES", "Words", "describe", "explain", "warning_items", "warning_sentences"]


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of the score. `points` and `maximum` are out of 100; a part that lowers has negative points."""

    code: str
    label: str
    points: float
    maximum: float
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownNeed:
    label: str
    code: str
    priority: str
    types: list[str]
    met_by: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownGate:
    code: str
    label: str
    is_passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownParagraph:
    ref: str
    label: str
    sentence: str


@dataclass(frozen=True)
class ShownExplanation:
    """Everything a page, a mail or a command says about why a pair was suggested."""

    score: float
    policy: str
    parts: list[ShownPart]
    needs: list[ShownNeed]
    missing: list[str]
    gates: list[ShownGate]
    paragraphs: list[ShownParagraph]
    readings: list[str]

    @property
    def told_parts(self) -> list[ShownPart]:
        """The parts that raise, and those of the lowering ones that took something away."""
        return [part for part in self.parts if part.points or part.maximum]

    @property
    def bars(self) -> list[dict[str, Any]]:
        """The parts as `score_bar` takes them."""
        return [
            {
                "label": part.label,
                "points": part.points / 100,
                "maximum": part.maximum / 100,
                "sentence": part.sentence,
            }
            for part in self.told_parts
        ]


PART_LABELS = {
    "needs": gettext_lazy("Needs met"),
    "types": gettext_lazy("Form of help"),
    "weapons": gettext_lazy("Weapon type"),
    "region": gettext_lazy("Regional approach"),
    "timing": gettext_lazy("Timing"),
    "language": gettext_lazy("Language"),
    "specificity": gettext_lazy("Specific to the need"),
    "words": gettext_lazy("Words of both texts"),
    "preferred": gettext_lazy("Preferred provider"),
    "overlap": gettext_lazy("Help already running"),
    "language_barrier": gettext_lazy("No common language"),
    "coverage_gap": gettext_lazy("Members left out"),
    "outside_region": gettext_lazy("Made for another region"),
    "unwanted": gettext_lazy("Forms not wanted"),
}


def _needs(params: Params, words: Words) -> str:
    return ngettext("%(met)s of %(of)s need is met.", "%(met)s of %(of)s needs are met.", params["of"]) % params


def _types(params: Params, words: Words) -> str:
    if params["missing"] and params["met"]:
        return _("Gives %(met)s; does not give %(missing)s.") % {
            "met": words.types_of(params["met"]),
            "missing": words.types_of(params["missing"]),
        }
    if params["missing"]:
        return _("Does not give %(missing)s as such.") % {"missing": words.types_of(params["missing"])}
    if params["met"]:
        return _("Gives what is asked for: %(met)s.") % {"met": words.types_of(params["met"])}
    return _("No form of help is asked for in particular.")


def _weapons(params: Params, words: Words) -> str:
    if not params["asked"]:
        return _("The request names no weapon type.")
    if not params["offered"]:
        return _("The offer names no weapon type; the request names %(asked)s.") % {
            "asked": weapon_types(params["asked"])
        }
    return _("Asked for: %(asked)s. Offered: %(offered)s.") % {
        "asked": weapon_types(params["asked"]),
        "offered": weapon_types(params["offered"]),
    }


def _region(params: Params, words: Words) -> str:
    sentences = {
        "regional_body": _("%(provider)s is a body of the requester’s region."),
        "made_for_region": _("The offer is made for States such as the requester."),
        "global": _("The offer is open to all States, with no regional focus."),
    }
    return sentences[params["kind"]] % {"provider": words.body(params["provider"])}


def _timing(params: Params, words: Words) -> str:
    if params["unfunded"]:
        return _("Its funding is not settled yet.")
    if params["late"]:
        return _("It starts on %(starts_on)s, after the wanted period has begun.") % {
            "starts_on": day(params["starts_on"])
        }
    if params["early"]:
        return _("It ends on %(ends_on)s, before the wanted period ends.") % {"ends_on": day(params["ends_on"])}
    if params["urgent"]:
        return (
            _("The request is urgent, and the offer can begin at once.")
            if params["prompt"]
            else _("The request is urgent; the offer runs in time but does not promise to begin at once.")
        )
    return _("It runs through the wanted period.")


def _language(params: Params, words: Words) -> str:
    if params["common"]:
        return _("Common languages: %(common)s.") % {"common": languages(params["common"])}
    if params["offered"]:
        return _("No common language; offered in %(offered)s.") % {"offered": languages(params["offered"])}
    return _("The languages are not known.")


def _specificity(params: Params, words: Words) -> str:
    if params["kind"] == "standing_offer":
        return _("A standing offer in: %(areas)s.") % {"areas": words.areas_of(params["areas"])}
    return _("A programme in: %(areas)s.") % {"areas": words.areas_of(params["areas"])}


def _words(params: Params, words: Words) -> str:
    if not params["shared"]:
        return _("The two texts have no terms of the field in common.")
    return _("Both texts speak of: %(shared)s.") % {"shared": listed(params["shared"][:8])}


def _preferred(params: Params, words: Words) -> str:
    return _("The requester prefers %(provider)s, or a body above or below it.") % {
        "provider": words.body(params["provider"])
    }


def _overlap(params: Params, words: Words) -> str:
    if not params.get("provider"):
        return _("No help is running already in these areas.")
    return _("%(provider)s already helps in “%(area)s” until %(until)s.") % {
        "provider": words.body(params["provider"]),
        "area": words.area(params["area"]),
        "until": day(params["until"]),
    }


def _barrier(params: Params, words: Words) -> str:
    return _("Asked for in %(asked)s, offered in %(offered)s.") % {
        "asked": languages(params["asked"]),
        "offered": languages(params["offered"]),
    }


def _coverage_gap(params: Params, words: Words) -> str:
    return _("Not open to these members: %(states)s.") % {"states": listed(words.body(key) for key in params["states"])}


def _outside_region(params: Params, words: Words) -> str:
    return _("Its title names a region to which the requester does not belong.")


def _unwanted(params: Params, words: Words) -> str:
    if not params["types"]:
        return _("Nothing that the requester does not want.")
    return _("The requester does not want: %(types)s.") % {"types": words.types_of(params["types"])}


PART_SENTENCES: dict[str, Sentence] = {
    "needs": _needs,
    "types": _types,
    "weapons": _weapons,
    "region": _region,
    "timing": _timing,
    "language": _language,
    "specificity": _specificity,
    "words": _words,
    "preferred": _preferred,
    "overlap": _overlap,
    "language_barrier": _barrier,
    "coverage_gap": _coverage_gap,
    "outside_region": _outside_region,
    "unwanted": _unwanted,
}

MISSING_SENTENCES: dict[str, Sentence] = {
    "area_unknown": lambda params, words: (
        _("The area %(area)s is not in the list any more.") % {"area": params["area"]}
    ),
    "need_unmet": lambda params, words: _("It does not meet the need “%(area)s”.") % _need_of(params, words),
    "types_missing": lambda params, words: (
        _("For “%(area)s” it does not give: %(types)s.")
        % {**_need_of(params, words), "types": words.types_of(params["types"])}
    ),
    "no_common_language": lambda params, words: (
        _("There is no common language: asked for in %(asked)s, offered in %(offered)s.")
        % {"asked": languages(params["asked"]), "offered": languages(params["offered"])}
    ),
    "members_not_covered": lambda params, words: _coverage_gap(params, words),
    "starts_late": lambda params, words: _("It starts late, on %(day)s.") % {"day": day(params["starts_on"])},
    "ends_early": lambda params, words: _("It ends early, on %(day)s.") % {"day": day(params["ends_on"])},
    "funding_open": lambda params, words: _("Its funding is not settled yet."),
    "contact_missing": lambda params, words: (
        _("%(provider)s has named no 1540 point of contact.") % {"provider": words.body(params["provider"])}
    ),
}


def _need_of(params: Params, words: Words) -> dict[str, str]:
    return {"area": words.area(params["area"])}


def _contact(sentence: Any) -> Sentence:
    return lambda params, words: str(sentence) % {"provider": words.body(params["provider"])}


PARAGRAPH_SENTENCES: dict[str, Sentence] = {
    "op19_notified": lambda params, words: (
        _("%(provider)s has told the Committee of this programme.") % {"provider": words.body(params["provider"])}
    ),
    "op20_pairing": lambda params, words: _("It pairs a request with an offer."),
    "op20_regional": lambda params, words: _("It pairs a request with an offer of or for the region."),
    "op22_prompt": lambda params, words: _("It answers promptly and directly."),
    "op22_later": lambda params, words: _("It answers directly, but not from the beginning of the wanted period."),
    "op24_contact": _contact(gettext_lazy("%(provider)s has named a point of contact.")),
    "op24_contact_missing": _contact(gettext_lazy("%(provider)s is still to name a point of contact.")),
    "op24_state": _contact(gettext_lazy("%(provider)s is a State and answers through its Permanent Mission.")),
    "op24_not_asked": _contact(gettext_lazy("%(provider)s is not asked by this paragraph to name one.")),
}

#: What the texts say beyond, or against, the tags.
READING_SENTENCES: dict[str, Sentence] = {
    "text_closed": lambda params, words: _("The offer’s text says that it is closed."),
    "text_excludes_types": lambda params, words: (
        _("The offer’s text excludes: %(types)s.") % {"types": words.types_of(params["types"])}
    ),
    "text_excludes_areas": lambda params, words: (
        _("The offer’s text excludes: %(areas)s.") % {"areas": words.areas_of(params["areas"])}
    ),
    "text_narrows_languages": lambda params, words: (
        _("The offer’s text limits the languages to %(languages)s.") % {"languages": languages(params["languages"])}
    ),
    "text_narrows_coverage": lambda params, words: (
        ngettext(
            "The offer’s text limits it to %(states)s State.",
            "The offer’s text limits it to %(states)s States.",
            params["states"],
        )
        % params
    ),
    "text_refuses": lambda params, words: (
        _("The request’s text does not want: %(what)s.")
        % {
            "what": listed(
                [*(words.area(code) for code in params["areas"]), *(words.types.get(c, c) for c in params["types"])]
            )
        }
    ),
    "text_declines": lambda params, words: (
        _("The request’s text declines: %(providers)s.")
        % {"providers": listed(words.body(key) for key in params["providers"])}
    ),
    "request_vague": lambda params, words: _("The request does not say yet what exactly is needed."),
    "language_insisted": lambda params, words: (
        _("The requester insists on %(languages)s.") % {"languages": languages(params["languages"])}
    ),
}


#: What is wrong with a request although it can be ranked.
WARNING_SENTENCES: dict[str, Sentence] = {
    "no_needs": lambda params, words: _("The request states no need, so nothing can be suggested."),
    "unknown_areas": lambda params, words: (
        _("These areas are not in the list, or are retired: %(areas)s.") % {"areas": listed(params["areas"])}
    ),
    "unknown_types": lambda params, words: (
        _("These forms of help are not in the list: %(types)s.") % {"types": listed(params["types"])}
    ),
    "preferred_and_declined": lambda params, words: (
        _("Both preferred and declined, so declined: %(providers)s.")
        % {"providers": listed(words.body(key) for key in params["providers"])}
    ),
    "requester_unknown": lambda params, words: (
        _("No State of the list stands behind %(requester)s.") % {"requester": words.body(params["requester"])}
    ),
}


#: How the offers of a package go together, and what no offer reaches.
PACKAGE_SENTENCES: dict[str, Sentence] = {
    "one_offer_enough": lambda params, words: (
        _("One offer, of %(provider)s, meets every need that can be met.")
        % {"provider": words.body(params["provider"])}
    ),
    "settled_enough": lambda params, words: _("What is proposed or agreed already meets every need that can be met."),
    "complementary": lambda params, words: (
        _("They complement each other: %(international)s knows the subject worldwide, %(regional)s knows the region.")
        % {"international": words.body(params["international"]), "regional": words.body(params["regional"])}
    ),
    "need_unreached": lambda params, words: (
        _("No offer that may be suggested meets “%(area)s”.") % _need_of(params, words)
    ),
}


def explain(match: Match, words: Words | None = None) -> ShownExplanation:
    """Put a stored match's explanation into sentences. Pass `words` to read the labels once for many."""
    return describe(match.explanation, words or Words())


def describe(stored: Mapping[str, Any], words: Words) -> ShownExplanation:
    """The explanation as the library gives it (`assistance.matching.explanation`), in sentences."""
    if not stored:
        return ShownExplanation(0, "", [], [], [], [], [], [])
    raising = _raising(stored["parts"])
    share = 100 / (sum(part["weight"] for part in stored["parts"] if part["code"] in raising) or 1)
    return ShownExplanation(
        score=stored["score"],
        policy=str(stored["policy"]),
        parts=[_shown_part(part, share if part["code"] in raising else 0, words) for part in stored["parts"]],
        needs=[_shown_need(need, words) for need in stored["needs"]],
        missing=[_said(MISSING_SENTENCES, item, words) for item in stored["missing"]],
        gates=[_shown_gate(gate, words) for gate in stored["gates"]],
        paragraphs=[_shown_paragraph(item, words) for item in stored["paragraphs"]],
        readings=[_said(READING_SENTENCES, item, words) for item in stored["readings"]],
    )


def warning_items(warnings: Iterable[Mapping[str, Any]], words: Words) -> list[dict[str, Any]]:
    """What is wrong with a request although it can be ranked: codes and parameters, each with its sentence."""
    return [{**warning, "sentence": _said(WARNING_SENTENCES, warning, words)} for warning in warnings]


def warning_sentences(warnings: Iterable[Mapping[str, Any]], words: Words) -> list[str]:
    return [item["sentence"] for item in warning_items(warnings, words)]


def _said(sentences: Mapping[str, Sentence], item: Mapping[str, Any], words: Words) -> str:
    return said(sentences, item["code"], item["params"], words)


def _raising(parts: Sequence[Mapping[str, Any]]) -> set[str]:
    """Codes of the parts that raise. They stand first, so that one of an earlier version is known by its place."""
    lowering = (place for place, part in enumerate(parts) if part["code"] in LOWERING or part["points"] < 0)
    return {part["code"] for part in parts[: next(lowering, len(parts))]}


def _shown_part(part: Mapping[str, Any], share: float, words: Words) -> ShownPart:
    """`share` turns a weight into points of 100; 0 for a part that lowers."""
    code = part["code"]
    return ShownPart(
        code=code,
        label=str(PART_LABELS[code]) if code in PART_LABELS else former_label(code),
        points=part["points"],
        maximum=part["weight"] * share,
        sentence=_("The requester names no wish for this provider.")
        if code == "preferred" and not part["value"]
        else _said(PART_SENTENCES, part, words),
    )


def _shown_need(need: Mapping[str, Any], words: Words) -> ShownNeed:
    if need["met_by"] is None:
        sentence = _("Not met by this offer.")
    elif need["met_by"] == need["area"]:
        sentence = _("Met in the very area asked for.")
    else:
        sentence = _("Met by “%(area)s”, which is close to it.") % {"area": words.area(need["met_by"])}
    return ShownNeed(
        label=words.area(need["area"]),
        code=need["area"],
        priority=str(dict(Need.Priority.choices).get(need["priority"], need["priority"])),
        types=[words.types.get(code, code) for code in [*need["types_met"], *need["types_missing"]]],
        met_by=words.area(need["met_by"]) if need["met_by"] else "",
        sentence=sentence,
    )


def _shown_gate(gate: Mapping[str, Any], words: Words) -> ShownGate:
    code, passed = gate["code"], gate["passed"]
    return ShownGate(
        code=code,
        label=str(GATE_LABELS[code]) if code in GATE_LABELS else former_label(code),
        is_passed=passed,
        sentence=gate_sentence(code, gate["params"], words, passed=passed),
    )


def _shown_paragraph(item: Mapping[str, Any], words: Words) -> ShownParagraph:
    resolution, _slash, paragraph = item["ref"].partition("/")
    return ShownParagraph(
        ref=item["ref"],
        label=_("Resolution %(resolution)s, paragraph %(paragraph)s")
        % {"resolution": resolution, "paragraph": paragraph},
        sentence=_said(PARAGRAPH_SENTENCES, item, words),
    )
