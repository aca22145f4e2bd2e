"""Codes and keys as people read them, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cooperation_portal.records.languages import WorkingLanguage
from organizations.models import State

from .models import Area, AssistanceType, WeaponType

Params = Mapping[str, Any]


class Words:
    """Labels of codes in the reader's language, read once."""

    @cached_property
    def areas(self) -> dict[str, str]:
        return dict(Area.objects.values_list("code", "label"))

    @cached_property
    def types(self) -> dict[str, str]:
        return dict(AssistanceType.objects.values_list("code", "label"))

    @cached_property
    def states(self) -> dict[str, str]:
        return {state.iso3: state.name for state in State.objects.all()}

    def area(self, code: str) -> str:
        return self.areas.get(code, code)

    def types_of(self, codes: Iterable[str]) -> str:
        return listed(within_sentence(self.types.get(code, code)) for code in codes)

    def body(self, key: str) -> str:
        """An organization is known by its acronym, a State by its name."""
        if len(key) == 3 and key.isupper() and key in self.states:
            return self.states[key]
        return key

    def areas_of(self, codes: Iterable[str]) -> str:
        return listed(self.area(code) for code in codes)


def within_sentence(label: str) -> str:
    """A label inside a sentence: a small first letter, unless it begins with an abbreviation such as NAP."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def listed(items: Iterable[Any]) -> str:
    return ", ".join(str(item) for item in items) or _("nothing named")


def day(value: str | None) -> str:
    return date_format(date.fromisoformat(value), "j F Y") if value else _("an open date")


def languages(codes: Iterable[str]) -> str:
    known = dict(WorkingLanguage.choices)
    return listed(known.get(code, code) for code in codes)


def weapon_types(codes: Iterable[str]) -> str:
    known = dict(WeaponType.choices)
    return listed(str(known.get(code, code)).lower() for code in codes)


#: What makes a sentence of a code's parameters.
Sentence = Callable[[Params, Words], str]


def said(sentences: Mapping[str, Sentence], code: str, params: Params, words: Words) -> str:
    """The sentence of a code.

    Explanations stay as they were computed. An earlier version of the rules may have had a code, or other facts with
    it, that the present one does not know: then the reader is told that much.
    """
    try:
        return sentences[code](params, words)
    except (KeyError, TypeError, ValueError):
        return _("Computed by an earlier version of the rules, which said more here than can be shown now.")


def former_label(code: str) -> str:
    """The name of a part or gate that the present rules no longer have."""
    return _("Earlier rule: %(name)s") % {"name": code.replace("_", " ")}
