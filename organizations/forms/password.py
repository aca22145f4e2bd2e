"""The form behind the link of a password mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.forms import ResetPasswordKeyForm
from allauth.account.models import EmailAddress

if TYPE_CHECKING:
    from organizations.models import User


class FirstOrNewPasswordForm(ResetPasswordKeyForm):
    """Sets the password of whoever followed a link from their mail, which also proves the address.

    Only where the account has no other address, since then the mail can have gone nowhere else.
    """

    user: User

    def save(self) -> None:
        super().save()
        addresses = list(EmailAddress.objects.filter(user=self.user))
        if len(addresses) == 1:
            addresses[0].set_verified()
