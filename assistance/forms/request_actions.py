"""What the confirmation pages of the procedure ask for. Field names are the arguments of the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import DayInput

from ..models import AssistanceRequest
from ..services.procedure import RECORDED_BY_HAND


class ConfirmForm(PlainMessages, forms.Form):
    """Nothing but the version that the person saw."""

    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def initial_for(cls, request: AssistanceRequest) -> dict[str, Any]:
        return {"expected_version": request.version}


def _text(label: Any, *, help_text: Any = "", required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )


class QuestionForm(ConfirmForm):
    question = _text(_("Your question"), help_text=_("The requester reads it in mail and on the request’s page."))


class AnswerForm(ConfirmForm):
    answer = _text(_("Your answer"), help_text=_("Edit the request first if the answer belongs there."))


class ReasonForm(ConfirmForm):
    reason = _text(_("Reason"), help_text=_("It is kept with the request."))


class FeedbackForm(ConfirmForm):
    feedback = _text(_("What was achieved, and what could be better"))


class NoteForm(ConfirmForm):
    note = forms.CharField(label=_("Note"), required=False, max_length=500)


class ConsentForm(ConfirmForm):
    note = forms.CharField(
        label=_("How consent was given"),
        required=False,
        max_length=500,
        help_text=_("For example the reference of the note verbale that says so."),
    )


class ReferenceForm(ConfirmForm):
    document_reference = forms.CharField(
        label=_("Reference of the note verbale or document"), required=False, max_length=120
    )

    @classmethod
    def initial_for(cls, request: AssistanceRequest) -> dict[str, Any]:
        return {**super().initial_for(request), "document_reference": request.document_reference}


class StepForm(ConfirmForm):
    kind = forms.ChoiceField(label=_("Step"), choices=[(kind.value, kind.label) for kind in RECORDED_BY_HAND])
    done_on = forms.DateField(label=_("Done on"), widget=DayInput)
    note = forms.CharField(
        label=_("Note"), required=False, max_length=500, help_text=_("The requester and the Committee read it.")
    )

    @classmethod
    def initial_for(cls, request: AssistanceRequest) -> dict[str, Any]:
        return {**super().initial_for(request), "done_on": timezone.localdate()}
