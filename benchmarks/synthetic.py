"""Synthetic requests and offers in number, as profiles: drawn from the portal's own States, organizations, areas,
types and words, in the proportions of the judged banks. They say nothing about anybody.

The same seed gives the same records on any machine. Texts are made of the glossary's terms between plain words, one
in four with a sentence that changes what the tags say.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta

from assistance.matching import (
    Directory,
    ExistingAssistance,
    NeedProfile,
    OfferProfile,
    RequestProfile,
)
from assistance.matching.bank import ASSISTANCE_REFERENCE, read_directory

TODAY = date(2026, 11, 22)
GROUPS = ("African", "Asia-Pacific", "Eastern European", "GRULAC", "WEOG")
LANGUAGES = (("en",), ("en", "fr"), ("en", "es"), ("es",), ("fr",), ("ar", "en"), ("ru", "en"), ("pt", "en"))
WEAPONS = ((), (), (), ("BW",), ("CW",), ("NW",), ("NW", "CW", "BW"))
COMMON_TYPES = ("TRNG", "WKSH", "ADVI", "LEGD", "EQPT", "TTXE", "NEED", "GUID")
OFFER_TEXTS = {
    "en": "The programme helps national authorities with {0}. It works on {1}, by {2}, with experts of the region.",
    "fr": "Le programme aide les autorités nationales : {0}. Il porte sur {1}, par {2}, avec des experts de la région.",
    "es": "El programa ayuda a las autoridades nacionales: {0}. Trata de {1}, mediante {2}, con expertos de la región.",
}
REQUEST_TEXTS = {
    "en": "The Government asks for help with {0}. Several ministries share the work on {1}. It requests {2} this year.",
    "fr": "Le Gouvernement sollicite une aide : {0}. Plusieurs ministères s'occupent de {1}. Il demande {2}.",
    "es": "El Gobierno solicita ayuda: {0}. Varios ministerios se ocupan de {1}. Se pide {2} este año.",
}
OFFER_TURNS = (
    "Registration is closed.",
    "No equipment is supplied.",
    "English only.",
    "Interpretation into French can be arranged.",
    "For landlocked States only.",
    "Subject to funding.",
    "Available at short notice.",
    "A second phase of earlier work.",
    "Subregional organizations may apply.",
)
REQUEST_TURNS = (
    "Equipment is not needed.",
    "Courses must be in English.",
    "The matter is urgent.",
    "The needs are not yet defined.",
    "A workshop is requested as well.",
    "Training is already provided by partners.",
)


class Synthetic:
    """Draws profiles from a seed."""

    def __init__(self, seed: int = 1540, directory: Directory | None = None) -> None:
        self.directory = directory or read_directory()
        self.dice = random.Random(seed)
        tree = self.directory.areas
        self.leaves = [code for code in tree.codes if not tree.is_top(code)]
        self.tops = [code for code in tree.codes if tree.is_top(code)]
        self.types = sorted(self.directory.type_families)
        self.states = sorted(self.directory.states)
        self.bodies = sorted(self.directory.providers)
        self.with_members = [key for key in self.bodies if len(self.directory.members(key)) > 3]
        self._read_words()

    def _read_words(self) -> None:
        """Terms of the glossary by language and by area or type."""
        self.words: dict[tuple[str, str], list[str]] = {}
        with (ASSISTANCE_REFERENCE / "glossary.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["kind"] not in ("subject", "form"):
                    continue
                for code in f"{row['areas']}|{row['types']}".split("|"):
                    for language in ("en", "fr", "es", "pt", "ru", "ar", "zh"):
                        terms = [term.rstrip("*") for term in row[language].split("|") if term]
                        if code and terms:
                            self.words.setdefault((language, code), []).extend(terms)

    def offers(self, count: int) -> list[OfferProfile]:
        return [self._offer(number) for number in range(1, count + 1)]

    def requests(self, count: int) -> list[RequestProfile]:
        return [self._request(number) for number in range(1, count + 1)]

    def _offer(self, number: int) -> OfferProfile:
        dice = self.dice
        areas, types, languages = self._areas((50, 42, 8)), self._types((35, 50, 15)), dice.choice(LANGUAGES)
        starts_on, ends_on = self._dates(from_=(-700, 250), days=(40, 1500), missing=0.1)
        where = dice.random()
        return OfferProfile(
            reference=f"OFF-S{number:06d}",
            provider=dice.choice(self.states) if dice.random() < 0.1 else dice.choice(self.bodies),
            title=self._title(areas, types, languages[0]),
            summary=self._text(OFFER_TEXTS, OFFER_TURNS, areas, types, languages[0]),
            kind="standing_offer" if dice.random() < 0.2 else "programme",
            status=dice.choices(("ongoing", "planned", "suspended", "completed"), (75, 12, 4, 9))[0],
            areas=areas,
            types=types,
            weapon_types=frozenset(dice.choice(WEAPONS)),
            coverage="global" if where < 0.25 else "selected",
            regional_groups=frozenset(dice.sample(GROUPS, dice.choice((1, 1, 2)))) if 0.25 <= where < 0.6 else EMPTY,
            members_of=frozenset({dice.choice(self.with_members)}) if 0.6 <= where < 0.8 else EMPTY,
            states=frozenset(dice.sample(self.states, dice.randint(1, 8))) if where >= 0.8 else EMPTY,
            languages=languages,
            starts_on=starts_on,
            ends_on=ends_on,
            capacity=dice.choices((None, 0, 1, 2, 5), (40, 10, 20, 20, 10))[0],
        )

    def _request(self, number: int) -> RequestProfile:
        dice = self.dice
        by_organization = dice.random() < 0.05
        needs = tuple(
            NeedProfile(
                str(place),
                self._area(),
                self._types((60, 40)) if dice.random() < 0.95 else (),
                dice.choices(("high", "medium", "low"), (50, 35, 15))[0],
            )
            for place in range(dice.choices((1, 2, 3), (45, 40, 15))[0])
        )
        areas = tuple(dict.fromkeys(need.area for need in needs))
        types = tuple(dict.fromkeys(form for need in needs for form in need.types)) or ("TRNG",)
        languages = dice.choice(LANGUAGES)
        needed_from, needed_by = self._dates(from_=(20, 200), days=(150, 500), missing=0.15)
        return RequestProfile(
            reference=f"REQ-S{number:06d}",
            needs=needs,
            state=None if by_organization else dice.choice(self.states),
            organization=dice.choice(self.with_members) if by_organization else None,
            title=self._title(areas, types, languages[0]),
            description=self._text(REQUEST_TEXTS, REQUEST_TURNS, areas, types, languages[0]),
            weapon_types=frozenset(dice.choice(WEAPONS)),
            languages=languages,
            needed_from=needed_from,
            needed_by=needed_by,
            preferred_providers=frozenset(dice.sample(self.bodies, 2)) if dice.random() < 0.15 else EMPTY,
            declined_providers=frozenset(dice.sample(self.bodies, 2)) if dice.random() < 0.1 else EMPTY,
            existing_assistance=self._existing() if dice.random() < 0.2 else (),
        )

    def _areas(self, odds: Sequence[int]) -> tuple[str, ...]:
        count = self.dice.choices(range(1, len(odds) + 1), odds)[0]
        return tuple(dict.fromkeys(self._area() for _ in range(count)))

    def _area(self) -> str:
        return self.dice.choice(self.tops if self.dice.random() < 0.2 else self.leaves)

    def _types(self, odds: Sequence[int]) -> tuple[str, ...]:
        count = self.dice.choices(range(1, len(odds) + 1), odds)[0]
        pool = COMMON_TYPES if self.dice.random() < 0.6 else self.types
        return tuple(self.dice.sample(pool, count))

    def _dates(
        self, *, from_: tuple[int, int], days: tuple[int, int], missing: float
    ) -> tuple[date | None, date | None]:
        if self.dice.random() < missing:
            return None, None
        first = TODAY + timedelta(days=self.dice.randint(*from_))
        return first, first + timedelta(days=self.dice.randint(*days))

    def _existing(self) -> tuple[ExistingAssistance, ...]:
        until = None if self.dice.random() < 0.3 else TODAY + timedelta(days=self.dice.randint(0, 900))
        return (ExistingAssistance(self.dice.choice(self.bodies), self._area(), until),)

    def _title(self, areas: Sequence[str], types: Sequence[str], language: str) -> str:
        return f"{self._term(types, language)}: {self._term(areas, language)}"

    def _text(
        self,
        texts: dict[str, str],
        turns: Sequence[str],
        areas: Sequence[str],
        types: Sequence[str],
        language: str,
    ) -> str:
        terms = (self._term(areas, language), self._term(areas, language), self._term(types, language))
        body = texts.get(language, "{0}. {1}, {2}.").format(*terms)
        return f"{body} {self.dice.choice(turns)}" if self.dice.random() < 0.25 else body

    def _term(self, codes: Sequence[str], language: str) -> str:
        code = self.dice.choice(codes)
        return self.dice.choice(self.words.get((language, code)) or self.words.get(("en", code)) or [code])


EMPTY: frozenset[str] = frozenset()
