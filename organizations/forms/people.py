"""Asking to act for somebody, deciding about it, inviting, and the own profile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.roles import COMMITTEE_ROLES, ORGANIZATION_ROLES, Role
from cooperation_portal.interface.forms import PlainMessages

from ..models import Affiliation, Organization, State, User
from .fields import OneLineField

ORGANIZATION_ROLE_CHOICES = [
    (Role.EDITOR.value, _("Editor: posts and edits offers and the information sheet")),
    (Role.FOCAL_POINT.value, _("Focal point: also people, contacts and answers to proposals")),
]
STATE_ROLE_CHOICES = [
    (Role.STATE_FOCAL_POINT.value, _("State focal point: requests, contacts, people and answers to proposals")),
]


class NamedOrganizationField(forms.ModelChoiceField):
    def label_from_instance(self, organization: Any) -> str:
        return f"{organization.acronym} – {organization.name}"


class AffiliationRequestForm(PlainMessages, forms.Form):
    """For whom, as what, and why. One of organization and State."""

    organization = NamedOrganizationField(
        label=_("Organization"), queryset=Organization.objects.none(), required=False, empty_label=_("None")
    )
    state = forms.ModelChoiceField(
        label=_("State"), queryset=State.objects.none(), required=False, empty_label=_("None")
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=[*ORGANIZATION_ROLE_CHOICES, *STATE_ROLE_CHOICES], widget=forms.RadioSelect
    )
    message = forms.CharField(
        label=_("Message"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Who you are and how whoever decides can check it, for example your office and telephone."),
    )

    def __init__(
        self, *args: Any, organizations: QuerySet[Organization], states: QuerySet[State], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
        self.fields["state"].queryset = states  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.has_error("organization") or self.has_error("state"):
            return values
        organization, state, role = values.get("organization"), values.get("state"), values.get("role")
        if organization and state:
            self.add_error("state", _("Choose an organization or a State, not both. Send a second request if needed."))
        elif not organization and not state:
            self.add_error("organization", _("Choose the organization or the State for which you act."))
        elif role and (role in ORGANIZATION_ROLES) != bool(organization):
            self.add_error("role", _("This role cannot be held there. Choose a role that fits."))
        return values

    @property
    def body(self) -> Organization | State:
        return self.cleaned_data["organization"] or self.cleaned_data["state"]


class InviteForm(PlainMessages, forms.Form):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    name = OneLineField(
        label=_("Name"), max_length=150, help_text=_("Used if the person has no account yet; they can change it.")
    )
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, body: Organization | State, gives_committee_roles: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(ORGANIZATION_ROLE_CHOICES if isinstance(body, Organization) else STATE_ROLE_CHOICES)
        if gives_committee_roles and isinstance(body, Organization):
            choices += [(role.value, role.label) for role in Role if role in COMMITTEE_ROLES]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]
        self.fields["role"].initial = choices[0][0]


class RefuseForm(PlainMessages, forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The person reads it."),
    )


class EndAffiliationForm(PlainMessages, forms.Form):
    """`is_last` makes the person tick that nobody is left."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, is_last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_last:
            self.fields["even_if_last"] = forms.BooleanField(
                label=_("I understand that no focal point is left"),
                error_messages={"required": _("Tick this to go on.")},
            )


class RoleForm(PlainMessages, forms.Form):
    role = forms.ChoiceField(label=_("New role"), choices=ORGANIZATION_ROLE_CHOICES, widget=forms.RadioSelect)

    def __init__(self, *args: Any, affiliation: Affiliation, is_last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [choice for choice in ORGANIZATION_ROLE_CHOICES if choice[0] != affiliation.role]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]
        self.fields["role"].initial = choices[0][0]
        if is_last:
            self.fields["even_if_last"] = forms.BooleanField(
                label=_("I understand that no focal point is left"),
                error_messages={"required": _("Tick this to go on.")},
            )


class ProfileForm(PlainMessages, forms.ModelForm):
    """What a person says of themselves. The language is asked for where there is a choice."""

    name = OneLineField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    job_title = OneLineField(
        label=_("Job title"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = User
        fields = ["name", "job_title", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expected_version"].initial = self.instance.version
        if len(settings.LANGUAGES) < 2:
            del self.fields["language"]

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "job_title", "language") if name in self.fields}
