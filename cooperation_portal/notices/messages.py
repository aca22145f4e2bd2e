"""One title and one sentence for each action that reaches people, filled from the notice's `params`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .models import Notice

MESSAGES: dict[str, tuple[Any, Any]] = {
    "match.proposed": (
        _("Proposal: %(offer)s for %(requester)s"),
        _(
            "The Committee's experts propose that “%(offer)s” of %(provider)s answers request %(request)s of "
            "%(requester)s. Please accept or decline."
        ),
    ),
    "match.accepted": (
        _("Accepted: %(offer)s for %(requester)s"),
        _("%(party)s accepted the proposal that pairs “%(offer)s” with request %(request)s."),
    ),
    "match.declined": (
        _("Declined: %(offer)s for %(requester)s"),
        _("%(party)s declined the proposal that pairs “%(offer)s” with request %(request)s. Reason: %(reason)s"),
    ),
    "match.dismissed": (
        _("Withdrawn: %(offer)s for %(requester)s"),
        _("The experts withdrew the proposal that pairs “%(offer)s” with request %(request)s. Reason: %(reason)s"),
    ),
    "match.agreed": (
        _("Agreed: %(offer)s for %(requester)s"),
        _("Both parties accepted. “%(offer)s” will help with request %(request)s; a project can be started."),
    ),
    "offer.asked": (
        _("The experts ask about %(reference)s"),
        _(
            "The Committee’s experts ask about your programme %(reference)s, “%(offer)s”: %(question)s Answer by "
            "changing the programme, or by mail to the Group of Experts."
        ),
    ),
    "request.submitted": (
        _("New request %(request)s of %(requester)s"),
        _("%(requester)s submitted request %(request)s, “%(title)s”. It waits to be authenticated."),
    ),
    "request.clarification_asked": (
        _("Clarification asked on request %(request)s"),
        _("The experts ask about request %(request)s: %(question)s"),
    ),
    "request.clarified": (
        _("Clarification given on request %(request)s"),
        _("%(requester)s answered the question on request %(request)s."),
    ),
    "request.authenticated": (
        _("Request %(request)s is authenticated"),
        _(
            "Request %(request)s, “%(title)s”, was authenticated. Providers will see it once the window for "
            "objections ends."
        ),
    ),
    "request.circulated": (
        _("Request %(request)s was circulated"),
        _("Request %(request)s of %(requester)s, “%(title)s”, was circulated to possible providers."),
    ),
    "request.recorded": (
        _("Request %(request)s was recorded"),
        _("The experts recorded request %(request)s of %(requester)s, “%(title)s”, which reached the Committee."),
    ),
    "request.fulfilled": (
        _("Need met: request %(request)s of %(requester)s"),
        _("%(requester)s’s request %(request)s, “%(title)s”, is fulfilled. Read what was achieved."),
    ),
    "request.closed": (
        _("Request %(request)s was closed"),
        _("Request %(request)s, “%(title)s”, was closed. Reason: %(reason)s"),
    ),
    "request.withdrawn": (
        _("Request %(request)s of %(requester)s was withdrawn"),
        _("Request %(request)s, “%(title)s”, was withdrawn. Reason: %(reason)s"),
    ),
    "request.summary_published": (
        _("The summary of request %(request)s is public"),
        _("The summary of request %(request)s was published. Anyone can now read it with its title and areas."),
    ),
    "request.objected": (
        _("Objection to request %(request)s of %(requester)s"),
        _("A member of the Committee objected to request %(request)s, which is now held. Reason: %(reason)s"),
    ),
    "request.referred": (
        _("Request %(request)s of %(requester)s was referred"),
        _("Request %(request)s was referred to the working group, which holds it. Reason: %(reason)s"),
    ),
    "project.created": (
        _("Project %(project)s was started"),
        _("%(lead)s started the project “%(title)s” from an agreed match."),
    ),
    "project.consulted": (
        _("Your view is asked: project %(project)s"),
        _("%(lead)s asks for views on the project “%(title)s” while it is being designed."),
    ),
    "project.committed": (
        _("Project %(project)s is committed"),
        _("%(lead)s committed to the project “%(title)s”."),
    ),
    "project.begun": (
        _("Project %(project)s is under way"),
        _("The project “%(title)s” of %(lead)s has begun."),
    ),
    "project.completed": (
        _("Project %(project)s is completed"),
        _("The project “%(title)s” of %(lead)s is completed. Please say whether the need was met."),
    ),
    "project.cancelled": (
        _("Project %(project)s was cancelled"),
        _("The project “%(title)s” of %(lead)s was cancelled. Reason: %(reason)s"),
    ),
    "project.contribution_offered": (
        _("%(organization)s would contribute to project %(project)s"),
        _("%(organization)s says what it would bring to the project “%(title)s”: %(what)s"),
    ),
    "project.contribution_confirmed": (
        _("Your contribution to project %(project)s is confirmed"),
        _("%(lead)s confirmed what %(organization)s brings to the project “%(title)s”: %(what)s"),
    ),
    "project.feedback_given": (
        _("Feedback on project %(project)s"),
        _("%(party)s gave feedback on the project “%(title)s”."),
    ),
    "affiliation.requested": (
        _("%(person)s asks to join %(body)s"),
        _("%(person)s asks to act as %(role)s for %(body)s. Approve or refuse the request."),
    ),
    "affiliation.approved": (
        _("You now act for %(body)s"),
        _("You are %(role)s of %(body)s in the 1540 Cooperation Network."),
    ),
    "affiliation.refused": (
        _("Your request to join %(body)s was not accepted"),
        _("%(body)s did not accept your request to act as %(role)s. Reason: %(reason)s"),
    ),
    "affiliation.invited": (
        _("You are invited to act for %(body)s"),
        _("You are invited as %(role)s of %(body)s. Sign in with this address, or set a password first, to begin."),
    ),
    "affiliation.ended": (
        _("You no longer act for %(body)s"),
        _("Your role as %(role)s of %(body)s has ended."),
    ),
    "webhook.disabled": (
        _("Webhook disabled: %(webhook)s"),
        _(
            "The portal sends nothing more to the webhook “%(webhook)s” of %(organization)s: %(reason)s Look at its "
            "deliveries, put the receiver right and resume it."
        ),
    ),
    "api_key.expiring": (
        _("The API key “%(name)s” of %(organization)s ends on %(date)s"),
        _(
            "After %(date)s the portal refuses the key %(key)s (“%(name)s”), and the system that uses it stops. Rotate "
            "the key before then, or revoke it if nothing uses it any more."
        ),
    ),
    "meeting.confirmed": (
        _("Confirmed: %(meeting)s"),
        _("“%(meeting)s” is confirmed for %(when)s."),
    ),
    "meeting.cancelled": (
        _("Cancelled: %(meeting)s"),
        _("“%(meeting)s”, planned for %(when)s, will not take place. Reason: %(reason)s"),
    ),
    "conference.rescheduled": (
        _("Your appointments at %(meeting)s changed"),
        _("Your bilateral meetings at “%(meeting)s” have changed. Look at them and take your calendar anew."),
    ),
    "brief.due": (
        _("Matching brief for %(period)s"),
        _("The period has ended: the matching brief for %(period)s is ready to print for the Committee."),
    ),
    "action_item.created": (
        _("Action item from %(meeting)s"),
        _("%(body)s is asked to: %(what)s"),
    ),
}


def sentences_for(notice: Notice) -> tuple[str, str]:
    """Title and sentence in the active language. Raises `KeyError` for an action without a message."""
    title, sentence = MESSAGES[notice.action]
    return str(title) % notice.params, str(sentence) % notice.params
