"""The gates in sentences: why an offer passed one, or what stands in the way.

Each sentence names the facts (dates, places, States), so that a reader can ask the provider about them.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from organizations.models.states import RegionalGroup

from .models import Offer
from .wording import Params, Sentence, Words, day, languages, listed, said

GATE_LABELS = {
    "live": gettext_lazy("Live"),
    "open_by_text": gettext_lazy("Open for applications"),
    "period": gettext_lazy("In the wanted period"),
    "covered": gettext_lazy("Open to the requester"),
    "capacity": gettext_lazy("Places left"),
    "not_own": gettext_lazy("Not its own request"),
    "not_declined": gettext_lazy("Provider not declined"),
    "need_in_reach": gettext_lazy("A need in reach"),
    "form_of_help": gettext_lazy("A form of help that is wanted"),
    "language": gettext_lazy("A language that is insisted on"),
    "not_already_received": gettext_lazy("Not received already"),
}
#: What is wrong where a gate is not passed, in a word or two.
MISS_LABELS = {
    "live": gettext_lazy("Not live"),
    "open_by_text": gettext_lazy("Closed for applications"),
    "period": gettext_lazy("Outside the wanted period"),
    "covered": gettext_lazy("Not open to the requester"),
    "capacity": gettext_lazy("Full"),
    "not_own": gettext_lazy("The requester’s own"),
    "not_declined": gettext_lazy("Provider declined"),
    "need_in_reach": gettext_lazy("Another subject"),
    "form_of_help": gettext_lazy("Another form of help"),
    "language": gettext_lazy("Not in a language that is insisted on"),
    "not_already_received": gettext_lazy("Received already"),
}

GROUP_NAMES = dict(RegionalGroup.choices)


# What stands in the way


def _live(params: Params, words: Words) -> str:
    if params["reason"] == "over":
        return _("It ended on %(ends_on)s.") % {"ends_on": day(params["ends_on"])}
    status = dict(Offer.Status.choices).get(params["status"], params["status"])
    return _("It is not live; its status is “%(status)s”.") % {"status": status}


def _period(params: Params, words: Words) -> str:
    dates = {name: day(params[name]) for name in ("starts_on", "ends_on", "needed_from", "needed_by")}
    if params["reason"] == "starts_after":
        return _("It starts on %(starts_on)s; help is needed by %(needed_by)s.") % dates
    return _("It ends on %(ends_on)s; help is needed from %(needed_from)s.") % dates


def _named(params: Params, words: Words) -> str:
    named = [
        *(str(GROUP_NAMES.get(group, group)) for group in params["regional_groups"]),
        *(_("members of %(body)s") % {"body": key} for key in params["members_of"]),
        *(words.body(key) for key in params["states"]),
    ]
    return listed(named) if named else ""


def _not_covered(params: Params, words: Words) -> str:
    requester = words.body(params["requester"])
    if params["by_text"]:
        return _("Its text limits it to others than %(requester)s.") % {"requester": requester}
    named = _named(params, words)
    if not named:
        return _("It names no State to which it is open.")
    if params["share"] > 0:
        return _("It is open to %(named)s only: to %(share)d%% of the members of %(requester)s.") % {
            "named": named,
            "share": round(100 * params["share"]),
            "requester": requester,
        }
    return _("It is open to %(named)s only.") % {"named": named}


def _need_in_reach(params: Params, words: Words) -> str:
    if params["reason"] == "weapon_type":
        return _("It covers other weapon types than those that are asked for.")
    if params["reason"] == "low_priority":
        return _("It meets only a need of low priority.")
    return _("Needed: %(needed)s. Offered: %(offered)s.") % {
        "needed": words.areas_of(params["needed"]),
        "offered": words.areas_of(params["offered"]),
    }


def _form_of_help(params: Params, words: Words) -> str:
    if params["reason"] == "refused":
        return _("The requester does not want: %(refused)s.") % {"refused": words.types_of(params["refused"])}
    return _("Asked for: %(asked)s. Offered: %(offered)s.") % {
        "asked": words.types_of(params["asked"]),
        "offered": words.types_of(params["offered"]),
    }


def _barrier(params: Params, words: Words) -> str:
    return _("Asked for in %(asked)s, offered in %(offered)s.") % {
        "asked": languages(params["asked"]),
        "offered": languages(params["offered"]),
    }


def _received(params: Params, words: Words) -> str:
    return _("%(provider)s gives this help already, until %(until)s.") % {
        "provider": words.body(params["provider"]),
        "until": day(params["until"]),
    }


def _declined(params: Params, words: Words) -> str:
    provider = {"provider": words.body(params["provider"])}
    if params["by_text"]:
        return _("The text of the request declines %(provider)s.") % provider
    return _("The requester does not want help from %(provider)s.") % provider


#: Why a gate was not passed.
GATE_SENTENCES: dict[str, Sentence] = {
    "live": _live,
    "open_by_text": lambda params, words: _("Its text says that places or applications are closed."),
    "period": _period,
    "covered": _not_covered,
    "capacity": lambda params, words: _("It is full: no place is left."),
    "not_own": lambda params, words: _("An organization is not the answer to its own request."),
    "not_declined": _declined,
    "need_in_reach": _need_in_reach,
    "form_of_help": _form_of_help,
    "language": _barrier,
    "not_already_received": _received,
}


# Why it passed


def _is_live(params: Params, words: Words) -> str:
    if params["ends_on"]:
        return _("It is live, until %(ends_on)s.") % {"ends_on": day(params["ends_on"])}
    return _("It is live; no end is given.")


def _in_period(params: Params, words: Words) -> str:
    dates = {name: day(params[name]) for name in ("starts_on", "ends_on", "needed_from", "needed_by")}
    if not params["needed_from"] and not params["needed_by"]:
        return _("The request names no period.")
    if not params["starts_on"] and not params["ends_on"]:
        return _("The offer names no dates; help is needed from %(needed_from)s to %(needed_by)s.") % dates
    return _("It runs from %(starts_on)s to %(ends_on)s; help is needed from %(needed_from)s to %(needed_by)s.") % dates


def _covered(params: Params, words: Words) -> str:
    named, requester = _named(params, words), words.body(params["requester"])
    if params["share"] < 1:
        return _("It is open to %(share)d%% of the members of %(requester)s.") % {
            "share": round(100 * params["share"]),
            "requester": requester,
        }
    if not named:
        return _("It is open to all States, so to %(requester)s too.") % {"requester": requester}
    return _("It is open to %(named)s, so to %(requester)s too.") % {"named": named, "requester": requester}


def _has_places(params: Params, words: Words) -> str:
    left = params["capacity"]
    if left is None:
        return _("No limit to its places is known.")
    return ngettext("%(places)d place is left.", "%(places)d places are left.", left) % {"places": left}


def _has_language(params: Params, words: Words) -> str:
    common = [code for code in params["asked"] if code in params["offered"]]
    if common:
        return _("Common languages: %(common)s.") % {"common": languages(common)}
    if not params["asked"] or not params["offered"]:
        return _("One side names no language, and the requester does not insist on one.")
    return _("There is no common language, but the requester does not insist on one.")


#: Why a gate was passed.
PASSED_SENTENCES: dict[str, Sentence] = {
    "live": _is_live,
    "open_by_text": lambda params, words: _("Its text does not say that it is closed."),
    "period": _in_period,
    "covered": _covered,
    "capacity": _has_places,
    "not_own": lambda params, words: (
        _("%(provider)s is not part of %(requester)s.")
        % {"provider": words.body(params["provider"]), "requester": words.body(params["requester"])}
    ),
    "not_declined": lambda params, words: (
        _("The requester does not decline %(provider)s.") % {"provider": words.body(params["provider"])}
    ),
    "need_in_reach": lambda params, words: (
        _("Its areas are near enough to a need: %(offered)s.") % {"offered": words.areas_of(params["offered"])}
    ),
    "form_of_help": lambda params, words: (
        _("It gives help in a form that serves: %(offered)s.") % {"offered": words.types_of(params["offered"])}
    ),
    "language": _has_language,
    "not_already_received": lambda params, words: _("The same provider does not give this help already."),
}


def gate_sentence(code: str, params: Params, words: Words, *, passed: bool) -> str:
    """The sentence of a gate, for having been passed or not."""
    return said(PASSED_SENTENCES if passed else GATE_SENTENCES, code, params, words)
