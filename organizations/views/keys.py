"""API keys of an organization, kept by its focal points and the secretariat.

A new key is in the answer to the form that made it and nowhere else: no redirect carries it, nothing keeps it. The form
has a number that is good for one key, so loading that page again makes no second one.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.policy import allows, require
from cooperation_portal.api.models import ApiKey, KeyState
from cooperation_portal.api.services import (
    FormUsedBefore,
    api_key_create,
    api_key_revoke,
    api_key_rotate,
)
from cooperation_portal.interface.refusals import add_problem
from cooperation_portal.interface.tones import Tone

from ..forms.keys import KeyForm, RevokeForm, RotateForm
from ..models import Organization
from .organizations import visible_organization

#: Keys that ended, shown on the page; the audit has all.
ENDED_SHOWN = 25
TONES = {
    KeyState.LIVE: Tone.GOOD,
    KeyState.UNUSED: Tone.GOOD,
    KeyState.EXPIRING: Tone.ATTENTION,
    KeyState.SUSPENDED: Tone.ATTENTION,
    KeyState.EXPIRED: Tone.NEUTRAL,
    KeyState.REVOKED: Tone.NEUTRAL,
}


@login_required
@require_safe
def key_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Keys that work, then those that ended."""
    organization = _managed_organization(request, slug)
    rows = _keys(request, organization).select_related("organization", "rotated_from").with_replacement().live_first()
    shown = [_shown(request, key) for key in rows]
    live = [row for row in shown if not row["has_ended"]]
    ended = [row for row in shown if row["has_ended"]]
    return render(
        request,
        "organizations/keys.html",
        {
            "organization": organization,
            "live": live,
            "ended": ended[:ENDED_SHOWN],
            "expiring": [row for row in live if row["is_ending"]],
            "may_create": organization.suspended_on is None
            and allows(request.user, "create", ApiKey(organization=organization)),
        },
    )


@login_required
@never_cache
@sensitive_variables("plain")
@require_http_methods(["GET", "POST"])
def key_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a key. The answer to the form shows it, this once."""
    organization = _managed_organization(request, slug)
    require(request.user, "create", ApiKey(organization=organization))
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            key, plain = api_key_create(
                by=request.user,
                organization=organization,
                name=values["name"],
                scopes=values["scopes"],
                form_token=values["form_token"],
                **form.lasting(),
            )
        except FormUsedBefore as again:
            return _used_before(request, organization, again)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            return _secret(request, key, plain)
    context = {"organization": organization, "form": form}
    return render(request, "organizations/key_new.html", context, status=422 if form.is_bound else 200)


@login_required
@never_cache
@sensitive_variables("plain")
@require_http_methods(["GET", "POST"])
def key_rotate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put a new key in the place of one that works."""
    organization = _managed_organization(request, slug)
    key = _key(request, organization, pk)
    require(request.user, "rotate", key)
    form = RotateForm(request.POST or None, key=key)
    if request.method == "POST" and form.is_valid():
        try:
            new, plain = api_key_rotate(
                by=request.user,
                key=key,
                old_ends_on=form.old_last_day(),
                form_token=form.cleaned_data["form_token"],
                **form.lasting(),
            )
        except FormUsedBefore as again:
            return _used_before(request, organization, again)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            return _secret(request, new, plain)
    context = {"organization": organization, "key": key, "form": form}
    return render(request, "organizations/key_rotate.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def key_revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End a key for good, after asking once more."""
    organization = _managed_organization(request, slug)
    key = _key(request, organization, pk)
    require(request.user, "revoke", key)
    form = RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        api_key_revoke(by=request.user, key=key, reason=form.cleaned_data["reason"])
        messages.success(request, _("Revoked. The portal refuses this key from now on."))
        return redirect(key)
    page = {
        "kind": _("API keys"),
        "title": _("Revoke the key “%(name)s”") % {"name": key.name},
        "reference": str(key),
        "sentence": _("It belongs to %(organization)s.") % {"organization": organization},
        "consequences": [
            _("The portal refuses the key at the next request; the system that uses it stops."),
            _("This cannot be taken back. To let the system go on without a gap, rotate the key instead."),
        ],
        "form": form,
        "submit": _("Revoke key"),
        "cancel_url": key.get_absolute_url(),
        "danger": True,
    }
    return render(request, "partials/confirm.html", page, status=422 if form.is_bound else 200)


def _managed_organization(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request, slug)
    require(request.user, "view", ApiKey(organization=organization))
    return organization


def _keys(request: HttpRequest, organization: Organization) -> Any:
    return ApiKey.objects.visible_to(request.user).filter(organization=organization)


def _key(request: HttpRequest, organization: Organization, pk: int) -> ApiKey:
    """A key of this organization; those of others are not there, whoever asks."""
    return get_object_or_404(_keys(request, organization).select_related("organization"), pk=pk)


def _shown(request: HttpRequest, key: Any) -> dict[str, Any]:
    """`key` says whether another has taken its place (`with_replacement`)."""
    state = key.state
    has_ended = state in (KeyState.EXPIRED, KeyState.REVOKED)
    is_replaced = key.is_replaced and not has_ended
    return {
        "key": key,
        "state": _("Replaced, works until it expires") if is_replaced else state.label,
        "tone": Tone.NEUTRAL if is_replaced else TONES[state],
        "has_ended": has_ended,
        "is_ending": state is KeyState.EXPIRING and not is_replaced,
        "may_rotate": key.is_live
        and not (is_replaced or _is_beside_the_old(key))
        and allows(request.user, "rotate", key),
        "may_revoke": not has_ended and allows(request.user, "revoke", key),
    }


def _is_beside_the_old(key: ApiKey) -> bool:
    """Whether the key that it replaces still works; of one line two do at most."""
    old = key.rotated_from
    return old is not None and old.revoked_at is None and old.expires_at > timezone.now()


@sensitive_variables("plain")
def _secret(request: HttpRequest, key: ApiKey, plain: str) -> HttpResponse:
    context = {"organization": key.organization, "key": key, "plain": plain, "site_url": settings.SITE_URL}
    return render(request, "organizations/key_secret.html", context)


def _used_before(request: HttpRequest, organization: Organization, again: FormUsedBefore) -> HttpResponse:
    messages.error(request, " ".join(again.messages))
    return redirect(reverse("organizations:key_list", args=[organization.slug]))
