"""What people are asked when they decide on a match: the party's answer, and what did not fit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperation_portal.interface.lists import NOT_IN_LIST

from ..models import Misfit


class MisfitField(forms.ChoiceField):
    """What did not fit, asked of whoever dismisses or declines; it may be left open."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("What did not fit"),
            choices=[("", _("Nothing in particular")), *Misfit.choices],
            required=False,
            error_messages={"invalid_choice": NOT_IN_LIST},
            **kwargs,
        )


class MatchAnswerForm(forms.Form):
    """`decision` comes from the button that was pressed."""

    ACCEPT, DECLINE = "accept", "decline"

    reason = forms.CharField(
        label=_("Message to the experts and the other party"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed if you decline: it helps the experts to find something better."),
    )
    misfit = MisfitField(
        help_text=_("If you decline: what comes nearest? It is counted, so that later suggestions fit better.")
    )
    decision = forms.ChoiceField(
        choices=[(ACCEPT, _("Accept")), (DECLINE, _("Decline"))],
        error_messages={"required": _("Press “Accept proposal” or “Decline proposal”.")},
        widget=forms.HiddenInput,
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def is_accepted(self) -> bool:
        return self.cleaned_data["decision"] == self.ACCEPT
