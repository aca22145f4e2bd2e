"""Why a plan leaves something open, in the reader's language: one sentence a code of the matching library.

`tests/assistance/test_explanations.py` checks that no code is without one.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .explanations import Sentence

OPEN_NEED_SENTENCES: dict[str, Sentence] = {
    "no_offer": lambda params, words: _("No offer that may be suggested meets it."),
    "all_full": lambda params, words: _("The offers that would meet it have no place left."),
    "places_taken": lambda params, words: _("The places that would meet it bring more to other requests."),
    "enough_offers": lambda params, words: _("The request has as many offers as one may have in this plan."),
    "not_found": lambda params, words: _("The search ran out of time; a better plan may meet it."),
}

LEFT_OUT_SENTENCES: dict[str, Sentence] = {
    "no_offer": lambda params, words: _("No offer that may be suggested meets any of its needs."),
    "all_full": lambda params, words: _("The offers that would meet its needs have no place left."),
    "places_taken": lambda params, words: _(
        "The places it could have are needed by others who would have nothing without them."
    ),
    "not_found": lambda params, words: _("The search ran out of time; a better plan may help it."),
}

#: Why a plan has no use for a pair that people chose; `services.portfolio` finds it.
FREED_SENTENCES: Mapping[str, object] = {
    "fits_no_more": gettext_lazy("The pair would not be suggested any more."),
    "met_by_others": gettext_lazy("Other pairs of the plan meet its needs at least as well."),
    "place_elsewhere": gettext_lazy("The place brings more to another request."),
}
