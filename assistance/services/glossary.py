"""The glossary in the database: loaded from its file, checked as it is edited, read by every run."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.matching.glossary import CUES, LANGUAGES, Glossary, InvalidGlossary
from assistance.matching.glossary_rules import SHORTEST_BEGINNING, KnownCodes, term_fault, unknown_in_code
from assistance.matching.profiles import InvalidProfile
from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.reference.sync import Outcome, Wanted, bring_in
from cooperation_portal.reference.tables import Folders, Row, Table
from organizations.models import Membership, Organization, State
from organizations.models.states import RegionalGroup

from ..models import Area, AssistanceRequest, AssistanceType, GlossaryConcept, MatchingRun, WeaponType
from .queueing import queue_matching

FILE_NAME = "glossary.csv"
GLOSSARY_FILE = Path(__file__).resolve().parent.parent / "reference" / FILE_NAME
COLUMNS = ("concept", "kind", "areas", "types", "code", *LANGUAGES)
SEPARATOR = "|"
KINDS: dict[str, str] = {value.value: value for value in GlossaryConcept.Kind}

CODE_HELP = {
    GlossaryConcept.Kind.SUBJECT: gettext_lazy(
        "Leave it empty, or write “actor” for those who act or learn (customs, police), or “excludes:” and the codes "
        "of the areas that are out if this subject is."
    ),
    GlossaryConcept.Kind.FORM: gettext_lazy("Leave it empty: a form of help points to types of assistance."),
    GlossaryConcept.Kind.WEAPON: gettext_lazy("Write NW, CW or BW."),
    GlossaryConcept.Kind.LANGUAGE: gettext_lazy("Write the code of a working language, such as fr."),
    GlossaryConcept.Kind.PLACE: gettext_lazy(
        "Write “group:” and a region, “states:” and codes of States, “members:” and an acronym, “class:” and ldc, "
        "lldc or sids, or “speaks:” and a language; join several by “|”."
    ),
    GlossaryConcept.Kind.CUE: gettext_lazy("Write one of: %(cues)s."),
}
FAULTS = {
    "separator": gettext_lazy("“%(term)s” holds the sign “|”. Write one term a line."),
    "start": gettext_lazy("“%(term)s” must begin with a letter or a figure."),
    "star": gettext_lazy("“%(term)s” has a star inside a word. A star ends a word and stands for any ending."),
    "short": gettext_lazy(
        "“%(term)s” would be found in almost every text. Give at least %(letters)s letters before the star."
    ),
    "never": gettext_lazy("“%(term)s” would never be found: no sentence can hold it. Leave out its full stops."),
}


def glossary_in_use() -> Glossary:
    """The concepts that are not retired.

    One query a call tells whether anything changed; the rows are read, and their terms indexed, only if so. Until the
    reference data is loaded the words that come with the portal are used, so that no text is ever left unread.
    Raises `InvalidProfile` where the library cannot use a stored row.
    """
    state = GlossaryConcept.objects.aggregate(
        rows=Count("pk"), changed=Max("updated_at"), versions=Sum("version"), last=Max("pk")
    )
    if not state["rows"]:
        return _glossary_of_the_file()
    return _glossary_as_of(tuple(state.values()))


@lru_cache(maxsize=2)
def _glossary_as_of(state: tuple[Any, ...]) -> Glossary:
    """`state` names what the table held; a sum of versions also tells apart changes that commit out of order."""
    try:
        return Glossary.from_rows(glossary_rows())
    except InvalidGlossary as problem:
        raise InvalidProfile(str(problem)) from problem


@lru_cache(maxsize=1)
def _glossary_of_the_file() -> Glossary:
    with GLOSSARY_FILE.open(encoding="utf-8", newline="") as file:
        return Glossary.from_rows(csv.DictReader(file))


def glossary_rows(*, with_retired: bool = False) -> Iterator[dict[str, str]]:
    """The concepts as rows of `glossary.csv`, in the order in which they came."""
    concepts = GlossaryConcept.objects.all() if with_retired else GlossaryConcept.objects.in_use()
    for values in concepts.order_by("pk").values(*COLUMNS):
        yield {name: SEPARATOR.join(value) if isinstance(value, list) else value for name, value in values.items()}


def known_codes() -> KnownCodes:
    """What codes of the glossary may name, in five queries; members that are no State of the list are known by code."""
    regions = set(RegionalGroup.values)
    states = set(Membership.objects.values_list("iso3", flat=True))
    for iso3, *names in State.objects.values_list("iso3", "m49_region", "m49_subregion", "m49_intermediate_region"):
        states.add(iso3)
        regions |= {*names}
    return KnownCodes(
        areas=frozenset(Area.objects.values_list("code", flat=True)),
        types=frozenset(AssistanceType.objects.values_list("code", flat=True)),
        states=frozenset(states),
        regions=frozenset(regions - {""}),
        organizations=frozenset(Organization.objects.values_list("acronym", flat=True)),
        languages=frozenset(WorkingLanguage.values),
        weapon_types=frozenset(WeaponType.values),
    )


def concept_problems(concept: GlossaryConcept, known: KnownCodes) -> dict[str, list[str]]:
    """What is wrong with a concept, by field, in sentences that say what to do; empty if nothing is."""
    problems: dict[str, list[str]] = {}
    if concept.kind in KINDS:
        problems |= {field: code_problems(concept, field, known) for field in ("areas", "types", "code")}
    for language in LANGUAGES:
        problems[language] = term_problems(getattr(concept, language))
    if not concept.terms:
        problems[LANGUAGES[0]].append(_("Give at least one term in one of the languages."))
    return {field: sentences for field, sentences in problems.items() if sentences}


def term_problems(terms: Sequence[str]) -> list[str]:
    """What is wrong with the terms of one language."""
    faulty = [
        str(FAULTS[fault]) % {"term": term, "letters": SHORTEST_BEGINNING}
        for term in terms
        if (fault := term_fault(term))
    ]
    repeated = sorted({term for term in terms if terms.count(term) > 1})
    return faulty + [_("“%(term)s” stands there twice. Name it once.") % {"term": term} for term in repeated]


def code_problems(concept: GlossaryConcept, field: str, known: KnownCodes) -> list[str]:
    """What is wrong with what a concept stands for: its areas, its types or its code."""
    kind = GlossaryConcept.Kind
    if field == "code":
        unknown = unknown_in_code(concept.kind, concept.code, known)
        help_sentence = code_help(concept.kind)
        return [
            _("“%(code)s” is not known here. %(help)s") % {"code": code, "help": help_sentence}
            if code
            else help_sentence
            for code in unknown
        ]
    chosen, codes = getattr(concept, field), getattr(known, field)
    sentences = [
        _("“%(code)s” is not in the list. Add it there first, or correct it.") % {"code": code}
        for code in chosen
        if code not in codes
    ]
    if chosen and concept.kind not in (kind.SUBJECT, kind.FORM):
        sentences.append(_("Only subjects and forms of help point to areas and types. Take these out."))
    if field == "types" and concept.kind == kind.FORM and not chosen:
        sentences.append(_("Choose the types of assistance to which this form of help points."))
    return sentences


def code_help(kind: str) -> str:
    """What a concept of this kind writes into its code."""
    return str(CODE_HELP[GlossaryConcept.Kind(kind)]) % {"cues": ", ".join(sorted(CUES))}


def glossary_changed() -> None:
    """Queue a run over everything: texts are read differently from now on."""
    queue_matching(cause=MatchingRun.Cause.WORDS)


def glossary_load(*, folders: Folders) -> Outcome:
    """Bring the file's concepts in. Call inside a transaction, after areas, types and organizations are loaded.

    Raises `BadReference`. A run is queued if words changed while requests are open.
    """
    known = known_codes()

    def make(row: Row) -> Wanted:
        return _wanted(row, known)

    table = Table(folders.path(FILE_NAME), COLUMNS)
    rows = table.read(make, key=lambda row: (row.values["kind"], row.values["concept"]), key_column="concept")
    outcome = bring_in(
        GlossaryConcept,
        rows,
        key=("kind", "concept"),
        what="Glossary",
        actions=("vocabulary.created", "vocabulary.updated"),
    )
    if (outcome.added or outcome.changed) and AssistanceRequest.objects.open().exists():
        glossary_changed()
    return outcome


def _wanted(row: Row, known: KnownCodes) -> Wanted:
    values: dict[str, Any] = {
        "concept": row.text("concept", required=True, longest=80),
        "kind": row.choice("kind", KINDS, default=""),
        "areas": row.listed("areas"),
        "types": row.listed("types"),
        "code": row.text("code", longest=200),
        **{language: _terms(row.cells[language]) for language in LANGUAGES},
    }
    for field, sentences in concept_problems(GlossaryConcept(**values), known).items():
        for sentence in sentences:
            row.problem(field, sentence)
    return Wanted(row.place, values)


def _terms(cell: str) -> list[str]:
    return [term.strip() for term in cell.split(SEPARATOR) if term.strip()]
