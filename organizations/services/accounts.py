"""Accounts made for people who are invited, and the link by which they set their first password."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperation_portal import audit

from ..models import User


def account_for_invitation(*, by: Any, email: str, name: str) -> User:
    """Give the account of an address, or make one that has no password yet. Call inside a transaction.

    Raises `ValidationError` for a bad address, a missing name, or an account that is shut out.
    """
    email = email.strip().lower()
    known = _known(email)
    if known is None:
        return _make(by=by, email=email, name=name.strip())
    if not known.is_active:
        raise ValidationError({"email": _("The account of this person is deactivated. Ask the secretariat.")})
    if known.last_login is None:
        _claim_for_address(known, by=by, name=name.strip())
    return known


def _claim_for_address(user: User, *, by: Any, name: str) -> None:
    """Take password and name off an account that nobody has signed in to yet: anybody may have signed up with this
    address, and would hold the role as soon as the invited person follows a link.
    """
    before = user.name
    user.name = name or user.name
    user.set_unusable_password()
    user.full_clean(exclude=["password"])
    user.version += 1
    user.save(update_fields=["name", "password", "version"])
    audit.record(action="user.updated", obj=user, by=by, before={"name": before}, after={"name": user.name})


def _known(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def _make(*, by: Any, email: str, name: str) -> User:
    user = User(email=email, name=name)
    user.set_unusable_password()
    user.full_clean(exclude=["password"])
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    except IntegrityError:
        # Somebody else invited, or the person signed up, a moment ago.
        return User.objects.get(email__iexact=email)
    audit.record(action="user.created", obj=user, by=by, after={"email": email, "name": name})
    return user


def first_password_path(user: User) -> str:
    """The address at which an account without a password gets its first one; empty for any other account.

    The key in it is made anew at each call and never stored; it ends with its use or after `PASSWORD_RESET_TIMEOUT`.
    """
    if user.has_usable_password():
        return ""
    return reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
