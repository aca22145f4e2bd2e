"""Lists of candidates as pages show them, on the web and in the admin: filtered, sorted, paged, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.matching import Directory, Matcher, OfferProfile, RequestProfile
from assistance.matching.candidates import Candidate, Kind
from assistance.matching.gates import GATES
from assistance.matching.text import plain
from cooperation_portal.interface.lists import PAGE, PER_PAGE, SORT, unknown_parameters

from .explanations import ShownExplanation, describe
from .forms.candidates import KIND_LABELS, CandidateForm
from .gate_sentences import MISS_LABELS, gate_sentence
from .wording import Words

DEFAULT_SORT = "fit"
_KIND_PLACES = {kind: place for place, kind in enumerate(Kind)}
_GATE_PLACES = {gate.__name__: place for place, gate in enumerate(GATES)}
#: A question that cannot have another answer is not asked.
NOT_TO_ASK = ("not_own", "not_declined")


@dataclass(frozen=True)
class Facts:
    """What the list says of the other record, an offer or a request, beside its link."""

    reference: str
    title: str
    body: str
    text: str
    ends_on: date | None


@dataclass(frozen=True)
class Row:
    """One candidate on the page. `explanation` is given for those that passed every gate."""

    candidate: Candidate
    facts: Facts
    url: str
    record_url: str
    sentence: str
    explanation: ShownExplanation | None
    match: Any
    ask_url: str

    @property
    def kind_label(self) -> Any:
        return KIND_LABELS[self.candidate.kind]

    @property
    def points(self) -> list[dict[str, Any]]:
        """The score as the one part that a compact `score_bar` draws."""
        return [{"label": "", "points": self.candidate.score / 100, "maximum": 1.0, "sentence": ""}]


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    key: str
    title: str
    sentence: str
    rows: list[Row]


@dataclass(frozen=True)
class Narrowed:
    """The candidates that a reader asked for: one page of them, and how many there are of each kind and gate."""

    form: CandidateForm
    page: Page
    counts: Mapping[Kind, int]
    gates: Sequence[tuple[str, Any, int]]
    is_grouped: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def has_suggested(self) -> bool:
        return self.counts[Kind.SUGGESTED] > 0

    @property
    def counted(self) -> str:
        count = self.page.paginator.count
        return ngettext("%(count)d candidate", "%(count)d candidates", count) % {"count": count}

    @cached_property
    def figures(self) -> list[tuple[Any, int, str]]:
        return [(KIND_LABELS[kind], self.counts[kind], f"?kind={kind.value}") for kind in Kind]

    @cached_property
    def gate_rows(self) -> list[tuple[Any, int, str]]:
        return [(label, count, f"?kind={Kind.NEAR_MISS.value}&gate={code}") for code, label, count in self.gates]


def narrowed(request: HttpRequest, found: Sequence[Candidate], facts_of: Callable[[Candidate], Facts]) -> Narrowed:
    """Filter, sort and page; what the list does not know is said on the form, and the list is then empty."""
    form = CandidateForm(request.GET)
    is_valid = form.is_valid()
    for name in unknown_parameters(request, _Form(form)):
        form.add_error(None, _("This list has no filter “%(name)s”. Remove it from the address.") % {"name": name})
        is_valid = False
    wanted = request.GET.get(SORT) or DEFAULT_SORT
    if wanted.removeprefix("-") not in SORTS:
        form.add_error(None, _("This list cannot be sorted by “%(name)s”.") % {"name": wanted})
        is_valid, wanted = False, DEFAULT_SORT
    rows = _chosen(found, form.cleaned_data, facts_of) if is_valid else []
    order = SORTS[wanted.removeprefix("-")]
    rows.sort(key=lambda candidate: order(candidate, facts_of), reverse=wanted.startswith("-"))
    gates = Counter(one.failed.code for one in found if one.failed is not None)
    return Narrowed(
        form=form,
        page=Paginator(rows, PER_PAGE).get_page(request.GET.get(PAGE)),
        counts=Counter(one.kind for one in found),
        gates=[(code, label, gates[code]) for code, label in MISS_LABELS.items() if gates[code]],
        is_grouped=wanted == DEFAULT_SORT,
    )


@dataclass(frozen=True)
class _Form:
    """A plain form where a filter set is expected."""

    form: CandidateForm


def _chosen(
    found: Iterable[Candidate], asked: Mapping[str, str], facts_of: Callable[[Candidate], Facts]
) -> list[Candidate]:
    rows = [
        one
        for one in found
        if (not asked["kind"] or one.kind == asked["kind"])
        and (not asked["gate"] or (one.failed is not None and one.failed.code == asked["gate"]))
    ]
    for word in asked["q"].split():
        wanted = plain(word)
        rows = [one for one in rows if wanted in plain(facts_of(one).text)]
    return rows


def by_fit(candidate: Candidate) -> tuple[int, int, int, str, str]:
    """By kind, near misses by gate, then the best first."""
    gate = _GATE_PLACES.get(candidate.failed.code, 0) if candidate.failed else 0
    return _KIND_PLACES[candidate.kind], gate, -candidate.hundredths, candidate.offer, candidate.request


#: Column keys and what their ascending order is.
SORTS: Mapping[str, Callable[[Candidate, Callable[[Candidate], Facts]], Any]] = {
    "fit": lambda one, _facts_of: by_fit(one),
    "score": lambda one, _facts_of: (one.hundredths, *by_fit(one)),
    "title": lambda one, facts_of: (plain(facts_of(one).title), *by_fit(one)),
    "body": lambda one, facts_of: (plain(facts_of(one).body), *by_fit(one)),
    "ends": lambda one, facts_of: (facts_of(one).ends_on or date.max, *by_fit(one)),
}


def groups(rows: Iterable[Row]) -> list[Group]:
    """Rows in the order of `by_fit` under their headings: one a kind, near misses one a gate."""
    found: list[Group] = []
    for row in rows:
        failed = row.candidate.failed
        key = failed.code if failed else row.candidate.kind.value
        if not found or found[-1].key != key:
            title = str(KIND_LABELS[row.candidate.kind])
            if failed:
                title = _("Near misses: %(gate)s") % {"gate": MISS_LABELS.get(failed.code, failed.code)}
            found.append(Group(key, title, _group_sentence(row.candidate), []))
        found[-1].rows.append(row)
    return found


def _group_sentence(candidate: Candidate) -> str:
    if candidate.kind is Kind.SUGGESTED:
        return _("They pass every gate and reach the threshold. The best stand first.")
    if candidate.kind is Kind.BELOW_THRESHOLD:
        return _("They pass every gate, but help so little that they are not suggested.")
    return _("This one gate stands in the way; the score is what they would have without it.")


def candidate_sentence(candidate: Candidate, shown: ShownExplanation | None, words: Words) -> str:
    """What stands in the way of a near miss; of the others what they meet, and the first thing that is missing."""
    if candidate.failed is not None:
        return gate_sentence(candidate.failed.code, candidate.failed.params, words, passed=False)
    if shown is None or not shown.parts:
        return ""
    return " ".join([shown.parts[0].sentence, *shown.missing[:1]])


def shown_of(
    candidate: Candidate, matcher: Matcher, request: RequestProfile, offer: OfferProfile, words: Words
) -> ShownExplanation | None:
    """The explanation of a candidate that passed every gate."""
    return None if candidate.failed else describe(matcher.explain(request, offer), words)


def offer_facts(offer: OfferProfile, directory: Directory, words: Words) -> Facts:
    name = directory.provider(offer.provider).name
    return Facts(
        reference=offer.reference,
        title=offer.title,
        body=words.body(offer.provider),
        text=f"{offer.reference} {offer.title} {offer.provider} {name} {offer.summary}",
        ends_on=offer.ends_on,
    )


def request_facts(request: RequestProfile, words: Words) -> Facts:
    body = words.body(request.requester)
    return Facts(
        reference=request.reference,
        title=request.title,
        body=body,
        text=f"{request.reference} {request.title} {request.requester} {body} {request.description}",
        ends_on=request.needed_by,
    )
