"""Reads IATI activities from a file of anybody's, without believing it.

No entity is replaced, no address is fetched, no document type is accepted, and the file may not be larger than
`MAX_BYTES`. What is read are plain values; what they mean for an offer is decided in `drafts`.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from lxml import etree

from . import codes

MAX_BYTES = 20_000_000
#: Elements whose values are read; of all others it is told that they are not.
READ = frozenset(
    {
        "iati-identifier",
        "title",
        "description",
        "participating-org",
        "activity-status",
        "activity-date",
        "activity-scope",
        "recipient-country",
        "recipient-region",
        "sector",
        "tag",
        # Said by an offer itself, or by the organization for which it is imported.
        "reporting-org",
        "other-identifier",
        "document-link",
    }
)
#: xsd:date, which may carry a time zone.
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?")


class UnreadableFile(Exception):
    """The file as a whole cannot be read. `line` is 1 where no place is known."""

    def __init__(self, sentence: str, line: int = 1) -> None:
        self.sentence = sentence
        self.line = line
        super().__init__(sentence)


@dataclass(frozen=True)
class Problem:
    line: int
    sentence: str


@dataclass(frozen=True)
class Coded:
    """A code of a vocabulary, with its place in the file."""

    code: str
    vocabulary: str
    uri: str
    line: int

    def is_of(self, path: str) -> bool:
        """Whether it is of the vocabulary of a portal like this one, by the end of its address."""
        return self.vocabulary == codes.OWN and self.uri.endswith(path)


@dataclass(frozen=True)
class Named:
    """An organization that takes part."""

    role: str
    ref: str
    name: str
    line: int


@dataclass
class Activity:
    """What a file says of one activity. Texts are in one language, English where there is some."""

    line: int
    identifier: str = ""
    #: Identifier of the organization that reports it.
    reporter: str = ""
    title: str = ""
    description: str = ""
    status: str = ""
    scope: str = ""
    start: date | None = None
    end: date | None = None
    countries: list[Coded] = field(default_factory=list)
    regions: list[Coded] = field(default_factory=list)
    sectors: list[Coded] = field(default_factory=list)
    tags: list[Coded] = field(default_factory=list)
    organizations: list[Named] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: What is not taken over, in sentences.
    left: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.identifier or "without identifier"


def read_activities(data: bytes) -> list[Activity]:
    """The activities of a file, in its order; what is wrong within one is in its `problems`.

    Raises `UnreadableFile`.
    """
    root = _root(data)
    activities = [_activity(element) for element in root.iterchildren("iati-activity")]
    if not activities:
        raise UnreadableFile("The file holds no iati-activity.", root.sourceline or 1)
    _find_repeats(activities)
    return activities


def _root(data: bytes) -> etree._Element:
    if len(data) > MAX_BYTES:
        raise UnreadableFile(f"The file has {len(data):,} bytes; at most {MAX_BYTES:,} are read. Split it.")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        tree = etree.parse(io.BytesIO(data), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(f"This is not well-formed XML: {error.msg}", error.lineno or 1) from error
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise UnreadableFile("The file declares a document type. IATI files have none; take the DOCTYPE out.")
    root = tree.getroot()
    if root.tag != "iati-activities":
        raise UnreadableFile(f"The root element is {root.tag}; expected is iati-activities.", root.sourceline or 1)
    if root.get("version") not in codes.READABLE_VERSIONS:
        known = ", ".join(codes.READABLE_VERSIONS)
        found = f"version {root.get('version')}" if root.get("version") else "no version"
        raise UnreadableFile(f"The file is of {found}; read are {known}.", root.sourceline or 1)
    return root


def _activity(element: etree._Element) -> Activity:
    found = Activity(line=element.sourceline or 0)
    _read_texts(element, found)
    reporter = element.find("reporting-org")
    found.reporter = "" if reporter is None else reporter.get("ref", "").strip()
    _read_dates(element, found)
    for name, into in (
        ("recipient-country", found.countries),
        ("recipient-region", found.regions),
        ("sector", found.sectors),
        ("tag", found.tags),
    ):
        into += [_coded(one) for one in element.iterchildren(name)]
    for one in element.iterchildren("participating-org"):
        found.organizations.append(
            Named(one.get("role", ""), one.get("ref", "").strip(), _narrative(one, found), one.sourceline or 0)
        )
    for name in ("status", "scope"):
        code = element.find(f"activity-{name}")
        setattr(found, name, "" if code is None else code.get("code", "").strip())
    others = Counter(one.tag for one in element.iterchildren() if isinstance(one.tag, str) and one.tag not in READ)
    found.left += [f"{name} ({number} times)" if number > 1 else name for name, number in others.items()]
    return found


def _read_texts(element: etree._Element, found: Activity) -> None:
    identifier = element.find("iati-identifier")
    found.identifier = "" if identifier is None else _plain(identifier)
    if not found.identifier:
        found.problems.append(Problem(found.line, "it has no iati-identifier, by which it would be known again."))
    title = element.find("title")
    found.title = "" if title is None else _narrative(title, found)
    found.lines["title"] = found.line if title is None else title.sourceline or 0
    if not found.title:
        found.problems.append(Problem(found.lines["title"], "it has no title."))
    descriptions = list(element.iterchildren("description"))
    texts = [_narrative(one, found, keep_lines=True) for one in descriptions]
    found.description = "\n\n".join(text for text in texts if text)
    found.lines["summary"] = (descriptions[0].sourceline or 0) if descriptions else found.line


def _read_dates(element: etree._Element, found: Activity) -> None:
    """Actual dates before planned ones; a date that only fills a gap is none."""
    dates: dict[str, date] = {}
    for one in element.iterchildren("activity-date"):
        line, text = one.sourceline or 0, one.get("iso-date", "").strip()
        matched = _DATE.fullmatch(text)
        try:
            day = date.fromisoformat(matched.group(1)) if matched else None
        except ValueError:
            day = None
        if day is None:
            found.problems.append(Problem(line, f"“{text}” is not a date such as 2027-03-12."))
        elif one.get(codes.STATED) != "no":
            dates[one.get("type", "")] = day
            found.lines.setdefault(f"date {one.get('type', '')}", line)
    for field_name, kinds in (
        ("start", (codes.ACTUAL_START, codes.PLANNED_START)),
        ("end", (codes.ACTUAL_END, codes.PLANNED_END)),
    ):
        kind = next((kind for kind in kinds if kind in dates), None)
        if kind is not None:
            setattr(found, field_name, dates[kind])
            found.lines[f"{field_name}s_on"] = found.lines[f"date {kind}"]


def _coded(element: etree._Element) -> Coded:
    return Coded(
        code=element.get("code", "").strip(),
        vocabulary=element.get("vocabulary", "").strip() or "1",
        uri=element.get("vocabulary-uri", "").strip(),
        line=element.sourceline or 0,
    )


def _narrative(element: etree._Element, found: Activity, *, keep_lines: bool = False) -> str:
    """The text in English, else the first; of the others it is told that they are not read."""
    texts = [(_language(one), one) for one in element.iterchildren("narrative")]
    texts = [(language, one) for language, one in texts if _plain(one)]
    if not texts:
        return ""
    _name, chosen = next(((name, one) for name, one in texts if name == "en"), texts[0])
    others = sorted({name or "no language" for name, one in texts if one is not chosen})
    if others:
        found.left.append(f"{element.tag} in {', '.join(others)}")
    return "".join(chosen.itertext()).strip() if keep_lines else _plain(chosen)


def _language(element: etree._Element) -> str:
    """`xml:lang` of the element or the nearest one around it."""
    holder: etree._Element | None = element
    while holder is not None:
        if language := holder.get(codes.LANG):
            return language.lower().partition("-")[0]
        holder = holder.getparent()
    return ""


def _plain(element: etree._Element) -> str:
    return " ".join("".join(_text_of(element)).split())


def _text_of(element: etree._Element) -> Iterator[str]:
    return (str(part) for part in element.itertext())


def _find_repeats(activities: list[Activity]) -> None:
    first: dict[str, int] = {}
    for activity in activities:
        if not activity.identifier:
            continue
        if activity.identifier in first:
            sentence = f"the identifier stands at line {first[activity.identifier]} already; keep one of the two."
            activity.problems.append(Problem(activity.line, sentence))
        first.setdefault(activity.identifier, activity.line)
