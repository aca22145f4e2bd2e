"""Loads all example data in one transaction, once."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from cooperation_portal import changes
from cooperation_portal.changes.keeping import changes_reconcile
from cooperation_portal.notices.models import Notice
from organizations.models import User

from . import assistance, people
from .meetings import load_meeting

#: What somebody has yet to act on.
STILL_WAITING = ("match.proposed", "request.clarification_asked", "affiliation.requested", "action_item.created")


def is_loaded() -> bool:
    return User.objects.filter(email=people.ACCOUNTS[0][0]).exists()


@transaction.atomic
def load_examples() -> dict[str, int]:
    """Load everything; give back how many records of each kind. Needs the reference data."""
    with changes.together():
        accounts = people.load_accounts()
        people.load_newcomer()
        people.load_contacts()
        people.load_information_sheet()
        calendar = assistance.Calendar()
        offers = assistance.load_offers(calendar)
        requests = assistance.load_requests(
            calendar, accounts["expert@committee.example"], accounts["focal@peru.example"]
        )
        assistance.match_now()
        assistance.decide_some(offers, requests, accounts)
        assistance.date_decisions()
        assistance.match_now()
        load_meeting(accounts)
    # Nobody reads these addresses, so no mail is sent; what still waits for an answer stays unread on the desks.
    Notice.objects.update(mail_state=Notice.MailState.SENT)
    Notice.objects.exclude(action__in=STILL_WAITING).update(read_at=timezone.now())
    # Marks that no service sets were put on records above; the change feed must know what came of them.
    changes_reconcile()
    return {"accounts": len(accounts) + 1, "offers": len(offers), "requests": len(requests)}
