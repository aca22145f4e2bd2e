"""What allauth's sign-up asks beyond its own fields. Imported by allauth while its own forms load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import OneLineField

if TYPE_CHECKING:
    from organizations.models import User


class SignupNameForm(forms.Form):
    """What sign-up asks beside e-mail and password."""

    name = OneLineField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    field_order = ["name", "email", "password1", "password2"]

    def signup(self, request: Any, user: User) -> None:
        """The name is kept by the account adapter."""
