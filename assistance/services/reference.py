"""Loads areas, types of assistance, matrix fields, operative paragraphs and words from `assistance/reference/`."""

from __future__ import annotations

from pathlib import Path

from assistance.matching import DEFAULT_POLICY
from cooperation_portal import audit
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.reference.sync import Outcome, Wanted, bring_in
from cooperation_portal.reference.tables import Folders, Row, Table
from organizations.services.reference import CONFIDENCES

from ..models import Area, AssistanceType, MatchingPolicy, MatrixField, ResolutionParagraph, WeaponType
from .glossary import FILE_NAME as GLOSSARY_FILE_NAME
from .glossary import glossary_load
from .policies import take_version_lock

FOLDER = Path(__file__).resolve().parent.parent / "reference"
FILES = {
    name: FOLDER / name
    for name in (
        "assistance_areas.csv",
        "assistance_types.csv",
        "matrix_fields.csv",
        "resolution_paragraphs.csv",
        GLOSSARY_FILE_NAME,
        "real_offers.csv",
        "real_requests.csv",
    )
}

WEAPON_TYPES = {value.value: value.value for value in WeaponType}
FAMILIES = {value.value: value for value in AssistanceType.Family}
#: How the files say that a row is not about particular weapons.
NO_WEAPON_TYPE = frozenset({"NA", "not split"})
_VOCABULARY_ACTIONS = ("vocabulary.created", "vocabulary.updated")


def vocabulary_load(*, folders: Folders) -> list[Outcome]:
    """Load vocabularies and glossary; see to a matching policy. Call inside a transaction; raises `BadReference`."""
    return [
        _load_areas(folders),
        _load_types(folders),
        _load_matrix_fields(folders),
        _load_paragraphs(folders),
        glossary_load(folders=folders),
        _begin_policy(),
    ]


def _load_areas(folders: Folders) -> Outcome:
    columns = (
        "code",
        "parent",
        "label",
        "op_reference",
        "matrix_section",
        "weapon_types",
        "cross_cutting",
        "description",
        "source",
    )

    def make(row: Row) -> tuple[Row, Wanted]:
        values = {
            "code": row.text("code", required=True, longest=10),
            "label": row.text("label", required=True, longest=120),
            "description": row.text("description"),
            "op_reference": row.text("op_reference", longest=120),
            "matrix_section": row.text("matrix_section", longest=160),
            "weapon_types": _weapon_types(row),
            "is_cross_cutting": row.flag("cross_cutting"),
            "source": row.text("source", required=True),
        }
        return row, Wanted(row.place, values)

    table = Table(folders.path("assistance_areas.csv"), columns)
    rows = table.read(make, key=lambda made: made[1].values["code"], key_column="code")
    top = {wanted.values["code"] for row, wanted in rows if not row.cells["parent"]}
    for row, _wanted in rows:
        row.looked_up("parent", dict.fromkeys(top, True), what="area of the top level")
    table.problems.stop_if_any()
    outcome = Outcome("Areas")
    for is_top in (True, False):
        parents = Area.objects.in_bulk(top, field_name="code")
        level = [(row, wanted) for row, wanted in rows if (not row.cells["parent"]) is is_top]
        for row, wanted in level:
            wanted.values["parent"] = parents.get(row.cells["parent"])
        wanted_rows = [wanted for _row, wanted in level]
        outcome.add(bring_in(Area, wanted_rows, key=("code",), what="", actions=_VOCABULARY_ACTIONS))
    return outcome


def _load_types(folders: Folders) -> Outcome:
    def make(row: Row) -> Wanted:
        values = {
            "code": row.text("code", required=True, longest=4),
            "label": row.text("label", required=True, longest=80),
            "family": row.choice("family", FAMILIES, default=AssistanceType.Family.EXPERTISE),
            "description": row.text("description", longest=200),
            "source": row.text("source", required=True),
        }
        return Wanted(row.place, values)

    table = Table(folders.path("assistance_types.csv"), ("code", "label", "family", "description", "source"))
    rows = table.read(make, key=lambda row: row.values["code"], key_column="code")
    return bring_in(AssistanceType, rows, key=("code",), what="Types of assistance", actions=_VOCABULARY_ACTIONS)


def _load_matrix_fields(folders: Folders) -> Outcome:
    columns = ("section", "op_reference", "row_no", "label", "weapon_types", "answer_columns", "source")

    def make(row: Row) -> Wanted:
        values = {
            "section": row.text("section", required=True, longest=20),
            "op_reference": row.text("op_reference", required=True, longest=60),
            "row_number": row.whole_number("row_no"),
            "label": row.text("label", required=True, longest=200),
            "weapon_types": _weapon_types(row),
            "answer_columns": row.text("answer_columns", longest=200),
            "source": row.text("source", required=True),
        }
        return Wanted(row.place, values)

    table = Table(folders.path("matrix_fields.csv"), columns)
    rows = table.read(make, key=lambda row: (row.values["section"], row.values["row_number"]), key_column="row_no")
    return bring_in(MatrixField, rows, key=("section", "row_number"), what="Matrix fields")


def _load_paragraphs(folders: Folders) -> Outcome:
    columns = (
        "resolution",
        "year",
        "paragraph",
        "addressed_to",
        "summary",
        "is_confirmed",
        "source",
        "confidence",
    )

    def make(row: Row) -> Wanted:
        values = {
            "resolution": row.whole_number("resolution"),
            "year": row.whole_number("year"),
            "paragraph": row.whole_number("paragraph"),
            "addressed_to": row.text("addressed_to", required=True, longest=100),
            "summary": row.text("summary", required=True, longest=400),
            "is_confirmed": row.flag("is_confirmed"),
            "source": row.text("source", required=True),
            "confidence": row.choice("confidence", CONFIDENCES, default=CONFIDENCES["low"]),
        }
        return Wanted(row.place, values)

    table = Table(folders.path("resolution_paragraphs.csv"), columns)
    rows = table.read(make, key=lambda row: (row.values["resolution"], row.values["paragraph"]), key_column="paragraph")
    return bring_in(
        ResolutionParagraph,
        rows,
        key=("resolution", "paragraph"),
        what="Operative paragraphs",
        actions=_VOCABULARY_ACTIONS,
    )


def _weapon_types(row: Row) -> list[str]:
    if row.cells["weapon_types"] in NO_WEAPON_TYPE:
        return []
    return row.looked_up_all("weapon_types", WEAPON_TYPES, what="weapon type")


def _begin_policy() -> Outcome:
    """Store the library's weights as the first policy, unless the secretariat has one already."""
    outcome = Outcome("Matching policy")
    take_version_lock()
    if MatchingPolicy.objects.exists():
        outcome.same = 1
        return outcome
    values = DEFAULT_POLICY.as_dict() | {"version": int(DEFAULT_POLICY.version)}
    policy = MatchingPolicy(**values, created_by_label=SYSTEM.label)
    policy.full_clean()
    policy.save(force_insert=True)
    audit.record(action="policy.created", obj=policy, by=SYSTEM, after=values)
    outcome.added = 1
    return outcome
