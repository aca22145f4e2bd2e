"""What each confirmation page of a request says, what it asks for, and which service it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..forms import request_actions as forms
from ..models import AssistanceRequest
from ..services import requests as services


@dataclass(frozen=True)
class ActionPage:
    """A confirmation page: what will happen, what it asks for, and the service behind it."""

    service: Callable[..., AssistanceRequest | None]
    form: type[forms.ConfirmForm]
    sentence: Any
    consequences: tuple[Any, ...]
    done: Any
    is_danger: bool = False


ACTION_PAGES: dict[str, ActionPage] = {
    "submit": ActionPage(
        services.request_submit,
        forms.ReferenceForm,
        _("The formal request is the note verbale that your Permanent Mission sends to the Chair."),
        (
            _("The Committee’s members, its experts and the secretariat can read all of it."),
            _("The experts are told and check where the request comes from."),
            _("You can still edit the request until it is authenticated."),
            _("The procedure needs the note verbale too; give its reference here, or add it later."),
        ),
        _("The request was submitted. The experts have been told."),
    ),
    "discard": ActionPage(
        services.request_discard,
        forms.ConfirmForm,
        _("Delete this draft for good."),
        (_("Nothing of it is kept but the fact that it was there."),),
        _("The draft was thrown away."),
        is_danger=True,
    ),
    "ask_clarification": ActionPage(
        services.request_ask_clarification,
        forms.QuestionForm,
        _("Ask the requester what is not clear."),
        (
            _("The requester’s focal points get the question by mail."),
            _("The procedure waits for the answer."),
        ),
        _("The question was sent."),
    ),
    "clarify": ActionPage(
        services.request_clarify,
        forms.AnswerForm,
        _("Answer the experts’ question, so that the procedure can go on."),
        (_("The experts are told, and the request goes back to them."),),
        _("The answer was sent to the experts."),
    ),
    "authenticate": ActionPage(
        services.request_authenticate,
        forms.ReferenceForm,
        _("Confirm that the request comes from who it says."),
        (
            _("The window in which members may object opens today."),
            _("From now on only experts can edit the text."),
            _("The requester is told."),
        ),
        _("The request is authenticated. The window for objections is open."),
    ),
    "circulate": ActionPage(
        services.request_circulate,
        forms.NoteForm,
        _("Send the request to possible providers."),
        (
            _("All organizations of the network can read the full text."),
            _("Focal points of organizations with a live offer get a notice, declined ones aside."),
            _("The requester is told."),
        ),
        _("The request was circulated."),
    ),
    "begin_assistance": ActionPage(
        services.request_begin_assistance,
        forms.ConfirmForm,
        _("Record that a provider has begun to help."),
        (_("The request is shown as being assisted."),),
        _("It is recorded that assistance has begun."),
    ),
    "fulfil": ActionPage(
        services.request_fulfil,
        forms.FeedbackForm,
        _("Say that the need was met. Resolution 2663 (2022), OP 20, asks both sides for feedback."),
        (_("The request ends as fulfilled."), _("The experts read what you write.")),
        _("The request is fulfilled. Thank you for the feedback."),
    ),
    "close": ActionPage(
        services.request_close,
        forms.ReasonForm,
        _("End a request whose need was not met."),
        (
            _("The request leaves the procedure and is not matched any more."),
            _("The requester is told why."),
        ),
        _("The request was closed."),
        is_danger=True,
    ),
    "withdraw": ActionPage(
        services.request_withdraw,
        forms.ReasonForm,
        _("Take the request out of the procedure. This cannot be undone."),
        (
            _("It is not matched any more, and its public summary is no longer shown."),
            _("The requester and the Committee can still read it."),
        ),
        _("The request was withdrawn."),
        is_danger=True,
    ),
    "object": ActionPage(
        services.request_object,
        forms.ReasonForm,
        _("Object as a member of the Committee."),
        (
            _("The request is held: it is neither circulated nor published."),
            _("The experts are told. The requester sees that the request is with the working group."),
        ),
        _("The objection is recorded. The request is held."),
        is_danger=True,
    ),
    "refer": ActionPage(
        services.request_refer,
        forms.ReasonForm,
        _("Refer the request to the working group on assistance."),
        (
            _("The request is held until the working group has decided."),
            _("The experts are told. The requester sees that the request is with the working group."),
        ),
        _("The request was referred. It is held until it is released."),
    ),
    "release": ActionPage(
        services.request_release,
        forms.ReasonForm,
        _("Let the request go on from where it was, as the working group decided."),
        (_("The procedure goes on where it was held."),),
        _("The request was released."),
    ),
    "record_step": ActionPage(
        services.request_record_step,
        forms.StepForm,
        _("Record a step that was taken outside the portal."),
        (_("The step is shown as done; recording it again corrects date and note."),),
        _("The step was recorded."),
    ),
    "consent": ActionPage(
        services.request_consent,
        forms.ConsentForm,
        _("The requester agrees that the public reads what is quoted below."),
        (
            _("Once the window for objections has passed, the experts can publish it."),
            _("A change of title, areas or summary makes the consent void."),
            _("The consent can be taken back until the summary is published."),
        ),
        _("The consent was recorded."),
    ),
    "withdraw_consent": ActionPage(
        services.request_consent_withdraw,
        forms.ConfirmForm,
        _("Take the consent to the public summary back."),
        (_("The summary is not published. The procedure goes on without it."),),
        _("The consent was taken back."),
    ),
    "publish_summary": ActionPage(
        services.request_publish_summary,
        forms.ConfirmForm,
        _("Show what is quoted below to everyone."),
        (_("Anyone can read it, without signing in."), _("The requester is told.")),
        _("The summary is public."),
    ),
}
#: Pages that quote what the public will read.
QUOTING = ("consent", "publish_summary")
