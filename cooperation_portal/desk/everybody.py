"""Parts that several roles share, and the desk of a newcomer."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.models import Match
from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import allows
from cooperation_portal.access.querysets import owner_q
from cooperation_portal.interface.dates import in_words
from meetings.dates import when
from meetings.models import ActionItem, Appointment, Meeting
from organizations.models import Affiliation
from organizations.services.affiliations import people_path

from .parts import IN_PART, Part, apart

NEXT_MEETINGS = 3


def newcomer(user: Any) -> Part:
    """How to get an affiliation, or what becomes of the one asked for."""
    waiting = list(user.affiliations.waiting().select_related("organization", "state"))
    ask = (_("Ask to act for an organization or a State"), reverse("organizations:affiliation_request"))
    if not waiting:
        return Part(
            "newcomer",
            _("Say for whom you act"),
            sentence=_(
                "You are signed in, but you do not act for an organization or a State yet, so you see what the public "
                "sees. Ask for it: a focal point or the secretariat decides, and you get a mail."
            ),
            more=ask,
        )
    return Part(
        "newcomer",
        _("Your requests wait for a decision"),
        sentence=_("The focal points and the secretariat have been told. You get a mail once one of them decides."),
        links=[
            (
                row.body.name,
                row.body.get_absolute_url(),
                _("As %(role)s, asked on %(date)s")
                % {"role": row.get_role_display(), "date": in_words(row.created_at)},
            )
            for row in waiting
        ],
        more=ask,
    )


def proposals(user: Any) -> Part:
    """Proposed matches that a side of the reader has not answered."""
    waiting = (
        Match.objects.visible_to(user)
        .waiting_for(user)
        .select_related("request__state", "request__organization", "offer__organization", "offer__state")
        .order_by("proposed_at", "pk")[:IN_PART]
    )
    tasks = [
        {
            "label": _proposal_label(match, may_answer=allows(user, "answer", match)),
            "url": match.get_absolute_url(),
            "about": _("%(provider)s for %(requester)s, request %(reference)s, proposed on %(date)s")
            % {
                "provider": match.offer.provider,
                "requester": match.request.requester,
                "reference": match.request.reference,
                "date": in_words(match.proposed_at),
            },
        }
        for match in waiting
    ]
    return Part(
        "proposals",
        _("Proposals to answer"),
        tasks=tasks,
        more=(_("All proposals"), reverse("assistance:match_list")) if tasks else None,
        empty=_("No proposal waits for your answer."),
    )


def _proposal_label(match: Match, *, may_answer: bool) -> str:
    offer = {"offer": apart(match.offer.title)}
    if may_answer:
        return _("Answer the proposal: %(offer)s") % offer
    return _("Read the proposal, which your focal point answers: %(offer)s") % offer


def people_to_decide(user: Any) -> Part | None:
    """Requests to join that the reader may decide."""
    waiting = (
        Affiliation.objects.visible_to(user)
        .waiting()
        .exclude(user=user)
        .select_related("user", "organization", "state")
        .order_by("created_at", "pk")[:IN_PART]
    )
    tasks = [
        {
            "label": _("Decide whether %(person)s joins %(body)s") % {"person": row.user, "body": row.body},
            "url": people_path(row.body),
            "about": _("Asks to be %(role)s, since %(date)s")
            % {"role": row.get_role_display(), "date": in_words(row.created_at)},
        }
        for row in waiting
    ]
    return Part("people", _("People who ask to join"), tasks=tasks) if tasks else None


def action_items(user: Any, actor: Actor) -> Part | None:
    """What a meeting asked the reader's organization or State to do."""
    items = (
        ActionItem.objects.visible_to(user)
        .open()
        .filter(owner_q(actor))
        .select_related("meeting")
        .order_by("due_on", "pk")[:IN_PART]
    )
    tasks = [
        {
            "label": item.what,
            "url": item.get_absolute_url(),
            "about": item.meeting.title,
            "due": item.due_on,
        }
        for item in items
    ]
    return Part("actions", _("Asked of you by meetings"), tasks=tasks) if tasks else None


def appointments(user: Any) -> Part | None:
    """The reader's own bilateral meetings that are still to come."""
    coming = (
        Appointment.objects.of_own(user)
        .standing()
        .filter(ends_at__gte=timezone.now())
        .with_parties()
        .select_related("plan__meeting")
        .order_by("starts_at", "pk")[:IN_PART]
    )
    tasks = [
        {
            "label": _("%(requester)s – %(provider)s") % {"requester": row.requester, "provider": row.provider},
            "url": reverse("meetings:appointments", args=[row.plan.ref]),
            "about": _("%(day)s, %(time)s (%(zone)s), table %(table)d, %(meeting)s")
            % {
                "day": in_words(row.local_start(row.plan.zone).date()),
                "time": f"{row.local_start(row.plan.zone):%H:%M}",
                "zone": row.plan.time_zone,
                "table": row.table,
                "meeting": apart(row.plan.meeting.title),
            },
        }
        for row in coming
    ]
    return Part("appointments", _("Your appointments"), tasks=tasks) if tasks else None


def next_meetings(user: Any) -> Part:
    coming = Meeting.objects.visible_to(user).upcoming().order_by("starts_on", "pk")[:NEXT_MEETINGS]
    links = [(meeting.title, meeting.get_absolute_url(), _where(meeting)) for meeting in coming]
    return Part(
        "meetings",
        _("Next meetings"),
        links=links,
        more=(_("All meetings"), reverse("meetings:list")),
        empty=_("No meeting is announced."),
    )


def _where(meeting: Meeting) -> str:
    place = meeting.place or meeting.get_format_display()
    return _("%(days)s, %(place)s") % {"days": when(meeting), "place": place}
