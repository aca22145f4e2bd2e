"""Buttons of an offer's page, and the pages that ask before something happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperation_portal.interface.dates import STALE_AFTER

from ..forms.transitions import TransitionForm
from ..lifecycles.offers import OFFER_LIFE_CYCLE
from ..models import Offer


@dataclass(frozen=True)
class TransitionPage:
    """The words of a page that asks before an action."""

    title: str | Promise
    consequences: tuple[str | Promise, ...]
    submit: str | Promise
    done: str | Promise
    asks_reason: bool = False
    danger: bool = False

    def context(self, offer: Offer, form: TransitionForm) -> dict[str, Any]:
        if not self.asks_reason:
            form.fields.pop("reason", None)
        return {
            "title": self.title,
            "sentence": offer.title,
            "consequences": self.consequences,
            "form": form,
            "submit": self.submit,
            "cancel_url": offer.get_absolute_url(),
            "danger": self.danger,
            "kind": offer.get_kind_display(),
            "reference": offer.reference,
        }


_L = gettext_lazy
TRANSITION_PAGES = {
    "publish": TransitionPage(
        title=_L("Publish this offer?"),
        consequences=(
            _L("Those whom its visibility names can read it."),
            _L("It is matched with open requests, now and whenever one comes in."),
        ),
        submit=_L("Publish"),
        done=_L("It is published."),
    ),
    "start": TransitionPage(
        title=_L("Start this offer now?"),
        consequences=(_L("It becomes ongoing."), _L("A start date that lies ahead is changed to today.")),
        submit=_L("Start now"),
        done=_L("It is ongoing."),
    ),
    "suspend": TransitionPage(
        title=_L("Suspend this offer?"),
        consequences=(
            _L("It stays visible and is marked as suspended."),
            _L("It is no longer matched, and suggestions that nobody decided on are taken back."),
            _L("You can resume it at any time."),
        ),
        submit=_L("Suspend"),
        done=_L("It is suspended."),
        asks_reason=True,
    ),
    "resume": TransitionPage(
        title=_L("Resume this offer?"),
        consequences=(_L("It is matched with open requests again."),),
        submit=_L("Resume"),
        done=_L("It is resumed."),
    ),
    "complete": TransitionPage(
        title=_L("Mark this offer as completed?"),
        consequences=(
            _L("It stays on record as completed and is no longer matched."),
            _L("It cannot be opened again; post a new one for what comes next."),
        ),
        submit=_L("Mark as completed"),
        done=_L("It is marked as completed."),
    ),
    "withdraw": TransitionPage(
        title=_L("Withdraw this offer?"),
        consequences=(
            _L("It stays on record as withdrawn and is no longer matched."),
            _L("It can no longer be changed. This cannot be undone."),
        ),
        submit=_L("Withdraw"),
        done=_L("It is withdrawn."),
        asks_reason=True,
        danger=True,
    ),
    "confirm": TransitionPage(
        title=_L("Confirm that this is still true?"),
        consequences=(
            _L("Readers see that you confirmed it today."),
            _L("A record from public sources becomes your own statement and, while it is live, is matched."),
        ),
        submit=_L("Confirm as still true"),
        done=_L("Thank you: readers see that it was confirmed today."),
    ),
    "discard": TransitionPage(
        title=_L("Throw this draft away?"),
        consequences=(_L("It is deleted. This cannot be undone."),),
        submit=_L("Throw draft away"),
        done=_L("The draft is thrown away."),
        danger=True,
    ),
}


def why_not(action: str, offer: Offer) -> str:
    """Why an action is not open now: its condition, or the status alone."""
    row = OFFER_LIFE_CYCLE.find(action, offer.status)
    problem = row.condition(offer) if row is not None and row.condition is not None else None
    if problem is not None:
        return str(problem)
    return _("This is not possible while the status is “%(status)s”.") % {"status": offer.get_status_display()}


def buttons(offer: Offer, actions: list[str], *, is_complete: bool) -> list[dict[str, Any]]:
    """The buttons of the page, the main one first, the destructive one last; harmless ones act at once."""
    today = timezone.localdate()
    is_stale = offer.confirmed_on is None or (today - offer.confirmed_on).days > STALE_AFTER
    main = "publish" if "publish" in actions and is_complete else "confirm" if is_stale else "update"
    main = main if main in actions else "update"
    labels = {"update": _("Edit") if is_complete else _("Complete the draft")}
    shown = []
    for action in sorted(actions, key=lambda name: name != main):
        if action == "publish" and not is_complete:
            continue
        shown.append(
            {
                "label": labels.get(action) or TRANSITION_PAGES[action].submit,
                "url": reverse("assistance:offer_edit", args=[offer.reference])
                if action == "update"
                else reverse("assistance:offer_transition", args=[offer.reference, action]),
                "acts": action in {"publish", "start", "resume", "confirm"},
                "tone": "primary" if action == main else "danger" if action in {"withdraw", "discard"} else "",
            }
        )
    return shown
