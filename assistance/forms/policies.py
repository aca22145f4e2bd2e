"""The form of a drafted policy: a field a number, beginning from the version in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.matching.policy import InvalidPolicy, Policy
from cooperation_portal.interface.forms import PlainMessages

from ..models import MatchingPolicy
from ..policy_words import GROUPS, VALUES, Value, number, shares


class NumberField(forms.FloatField):
    """A number in a plain text field, so that a browser keeps whatever was typed."""

    def __init__(self, value: Value) -> None:
        super().__init__(
            label=value.label,
            help_text=value.help_text,
            min_value=value.lowest,
            max_value=value.highest,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={"invalid": gettext_lazy("Give a number, such as 12 or 0.5.")},
        )

    def prepare_value(self, value: Any) -> Any:
        return number(value) if isinstance(value, int | float) else value


class PolicyNumbers(forms.Form):
    """A field for every number of a policy; `start` holds the six values shown at first."""

    def __init__(self, *args: Any, start: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for value in VALUES:
            self.fields[value.name] = NumberField(value)
            self.initial.setdefault(value.name, value.of(start))


class PolicyDraftForm(PlainMessages, PolicyNumbers):
    """Every number of a policy, why it changes, and the version from which the draft began."""

    note = forms.CharField(
        label=gettext_lazy("Why it changes"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed to save. Kept with the version and shown in its history."),
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_saved: bool = False, **kwargs: Any) -> None:
        """`is_saved` asks for the reason."""
        super().__init__(*args, **kwargs)
        self.fields["note"].required = is_saved

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        self._check_priorities(values)
        if not self.errors:
            self._check_weights(values)
        return values

    def _check_priorities(self, values: Mapping[str, Any]) -> None:
        for value in VALUES:
            if value.group == "priorities" and values.get(value.name) == 0:
                self.add_error(value.name, _("Give a number above 0, or needs of this priority would count nothing."))

    def _check_weights(self, values: Mapping[str, Any]) -> None:
        first = next(value for value in VALUES if value.group == "weights")
        if not any(values[value.name] for value in VALUES if value.group == "weights"):
            self.add_error(first.name, _("All weights are 0. Give at least one part a weight above 0."))
            return
        try:
            Policy(version="draft", **self.draft())
        except InvalidPolicy as problem:
            self.add_error(None, str(problem))

    def draft(self) -> dict[str, Any]:
        """The six values as typed; call on a form whose fields are valid."""
        found: dict[str, Any] = {"weights": {}, "lowering": {}, "priorities": {}}
        for value in VALUES:
            typed = self.cleaned_data[value.name]
            if value.group == "limits":
                found[value.key] = typed
            else:
                found[value.group][value.key] = typed
        return found

    def begun_from(self, version: int) -> PolicyDraftForm:
        """The same draft, now meant to follow `version`: saving again is then a decision and not an accident."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["based_on"] = str(version)
        self.data = data
        return self

    def policy(self) -> MatchingPolicy:
        """The draft as a version that is not stored yet."""
        return MatchingPolicy(version=0, note=self.cleaned_data["note"], **self.draft())

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The fields in their groups; weights with the share that what stands in the field gives them."""
        weights = {value.key: self._shown(value) for value in VALUES if value.group == "weights"}
        share = shares(weights)
        return [
            {
                "title": title,
                "hint": hint,
                "rows": [
                    {"field": self[value.name], "share": share.get(value.key, "") if group == "weights" else ""}
                    for value in VALUES
                    if value.group == group
                ],
            }
            for group, (title, hint) in GROUPS.items()
        ]

    def _shown(self, value: Value) -> float:
        """What stands in a field as a number; 0 for what is none."""
        try:
            return float(self[value.name].value())
        except (TypeError, ValueError):
            return 0.0
