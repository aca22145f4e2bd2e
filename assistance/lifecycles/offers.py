"""From draft to completed: the transition table of an offer.

Publishing and resuming make an offer planned. The service starts it in the same write when its start has come, so that
what people see is: draft → planned or ongoing.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.lifecycle import LifeCycle, Transition

from ..models import Offer

S = Offer.Status


def not_past_its_end(offer: Offer) -> Any:
    """What has ended cannot go on."""
    if offer.ends_on is not None and offer.ends_on < timezone.localdate():
        return _("Its end date has passed. Change the end date first, or complete it.")
    return None


def has_taken_place(offer: Offer) -> Any:
    """What has not begun is withdrawn, not completed."""
    if offer.status == S.PLANNED and offer.starts_on is not None and offer.starts_on > timezone.localdate():
        return _("It has not begun. Withdraw it instead.")
    return None


OFFER_LIFE_CYCLE = LifeCycle(
    S,
    [
        Transition("publish", frozenset({S.DRAFT}), S.PLANNED, _("Publish programme")),
        Transition("start", frozenset({S.PLANNED}), S.ONGOING, _("Start now"), condition=not_past_its_end),
        # An edit that moves the start of a running offer into the future.
        Transition("postpone", frozenset({S.ONGOING}), S.PLANNED, _("Put off the start"), allowed_by="update"),
        Transition("suspend", frozenset({S.PLANNED, S.ONGOING}), S.SUSPENDED, _("Suspend"), asks_reason=True),
        Transition("resume", frozenset({S.SUSPENDED}), S.PLANNED, _("Resume"), condition=not_past_its_end),
        Transition(
            "complete",
            frozenset({S.PLANNED, S.ONGOING, S.SUSPENDED}),
            S.COMPLETED,
            _("Mark as completed"),
            condition=has_taken_place,
        ),
        Transition(
            "withdraw",
            frozenset({S.PLANNED, S.ONGOING, S.SUSPENDED}),
            S.WITHDRAWN,
            _("Withdraw"),
            asks_reason=True,
        ),
    ],
)

#: A withdrawn offer stays as it was when it was withdrawn.
EDITABLE_STATUSES = frozenset({S.DRAFT, S.PLANNED, S.ONGOING, S.SUSPENDED, S.COMPLETED})
#: What its provider may confirm as still true.
CONFIRMABLE_STATUSES = frozenset({S.PLANNED, S.ONGOING, S.SUSPENDED})
