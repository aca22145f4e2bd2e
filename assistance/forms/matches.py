"""The form by which a party answers a proposal."""

from django import forms
from django.utils.translation import gettext_lazy as _


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
    decision = forms.ChoiceField(
        choices=[(ACCEPT, _("Accept")), (DECLINE, _("Decline"))],
        error_messages={"required": _("Press “Accept proposal” or “Decline proposal”.")},
        widget=forms.HiddenInput,
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def is_accepted(self) -> bool:
        return self.cleaned_data["decision"] == self.ACCEPT
