"""An organization's webhooks: the list, each one's page, and what its focal points do with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface.lists import listing
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.records.write import StaleVersion

from ..filters import DeliveryFilter
from ..forms import WebhookForm, type_choices
from ..models import Delivery, Webhook
from ..services import (
    MAX_WEBHOOKS,
    webhook_create,
    webhook_delete,
    webhook_end_previous_secret,
    webhook_pause,
    webhook_resume,
    webhook_rotate_secret,
    webhook_update,
)
from ..words import with_words
from .lookups import managed_organization, visible_webhook
from .secrets_shown import keep_for_next_page, taken


@login_required
@require_safe
def webhook_list(request: HttpRequest, slug: str) -> HttpResponse:
    organization = managed_organization(request, slug)
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.PENDING))
    failed = Count("deliveries", filter=Q(deliveries__state=Delivery.State.FAILED))
    rows = Webhook.objects.visible_to(request.user).filter(organization=organization)
    webhooks = list(rows.annotate(waiting=waiting, failed=failed).order_by("name", "pk"))
    may_add = allows(request.user, "create", Webhook(organization=organization)) and not organization.suspended_on
    return render(
        request,
        "webhooks/webhook_list.html",
        {
            "organization": organization,
            "webhooks": [(webhook, _types_in_words(webhook)) for webhook in webhooks],
            "may_add": may_add and len(webhooks) < MAX_WEBHOOKS,
            "is_full": len(webhooks) >= MAX_WEBHOOKS,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def webhook_add(request: HttpRequest, slug: str) -> HttpResponse:
    organization = managed_organization(request, slug)
    require(request.user, "create", Webhook(organization=organization))
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            webhook, secret = webhook_create(by=request.user, organization=organization, **_settings(form))
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            keep_for_next_page(request, webhook, secret)
            return redirect(webhook)
    return _form_page(request, organization, form, title=_("Add a webhook"), submit=_("Add webhook"))


@login_required
@require_safe
def webhook_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Settings, state, what one can do, and the deliveries."""
    webhook = visible_webhook(request, slug, pk)
    deliveries = Delivery.objects.visible_to(request.user).filter(webhook=webhook)
    shown = listing(
        request,
        DeliveryFilter(request.GET, queryset=deliveries, request=request),
        sorts={"created": ("pk",)},
        default="-created",
    )
    may_update = allows(request.user, "update", webhook)
    can_send = webhook.is_sending
    return render(
        request,
        "webhooks/webhook_detail.html",
        {
            "webhook": webhook,
            "organization": webhook.organization,
            "types": _types_in_words(webhook),
            "filter": shown.filter,
            "page": shown.page,
            "deliveries": with_words(shown.page.object_list, request.user),
            "found": shown.page.paginator.count,
            "has_failed": deliveries.filter(state=Delivery.State.FAILED).exists(),
            "secret": taken(request, webhook),
            "may_update": may_update,
            "may_ping": may_update and can_send,
            "may_replay": can_send and allows(request.user, "replay", webhook),
            "may_delete": allows(request.user, "delete", webhook),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def webhook_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    webhook = visible_webhook(request, slug, pk)
    require(request.user, "update", webhook)
    initial = {name: getattr(webhook, name) for name in ("name", "url", "types")}
    form = WebhookForm(request.POST or None, initial=initial | {"expected_version": webhook.version})
    conflict = None
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["expected_version"]
        try:
            webhook_update(by=request.user, webhook=webhook, expected_version=version, **_settings(form))
        except StaleVersion as problem:
            conflict = conflict_rows(form, problem)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect(webhook)
    title = _("Change the webhook “%(webhook)s”") % {"webhook": webhook.name}
    return _form_page(
        request, webhook.organization, form, title=title, submit=_("Save"), webhook=webhook, conflict=conflict
    )


@login_required
@require_POST
def webhook_pause_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    webhook = webhook_pause(by=request.user, webhook=visible_webhook(request, slug, pk))
    messages.success(request, _("Paused. What waits goes on waiting."))
    return redirect(webhook)


@login_required
@require_POST
def webhook_resume_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    webhook = webhook_resume(by=request.user, webhook=visible_webhook(request, slug, pk))
    messages.success(request, _("Resumed. What waits is being sent, with what changed in the last three days."))
    return redirect(webhook)


@login_required
@require_http_methods(["GET", "POST"])
def webhook_rotate_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    webhook = visible_webhook(request, slug, pk)
    require(request.user, "update", webhook)
    if request.method == "POST":
        webhook, secret = webhook_rotate_secret(by=request.user, webhook=webhook)
        keep_for_next_page(request, webhook, secret)
        return redirect(webhook)
    consequences = [
        _("The new secret is shown once, on the next page."),
        _("For three days messages are signed with both, so that you can change your system without a gap."),
    ]
    if webhook.has_previous_secret:
        consequences.append(_("The former secret, which still signs, ends now: two sign at a time."))
    return _confirmation(
        request,
        webhook,
        title=_("Rotate the secret of “%(webhook)s”") % {"webhook": webhook.name},
        sentence=_("A new secret takes the place of the present one."),
        consequences=consequences,
        submit=_("Make a new secret"),
    )


@login_required
@require_POST
def webhook_end_secret_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    webhook = webhook_end_previous_secret(by=request.user, webhook=visible_webhook(request, slug, pk))
    messages.success(request, _("Messages are signed with the newest secret alone."))
    return redirect(webhook)


@login_required
@require_http_methods(["GET", "POST"])
def webhook_delete_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    webhook = visible_webhook(request, slug, pk)
    require(request.user, "delete", webhook)
    if request.method == "POST":
        webhook_delete(by=request.user, webhook=webhook)
        messages.success(request, _("Deleted. Nothing more is sent to it."))
        return redirect("webhooks:list", webhook.organization.slug)
    return _confirmation(
        request,
        webhook,
        title=_("Delete the webhook “%(webhook)s”") % {"webhook": webhook.name},
        sentence=_("To stop for a while only, pause it instead."),
        consequences=[
            _("Nothing more is sent to it, also not what waits."),
            _("Its deliveries are deleted with it and cannot be sent again."),
        ],
        submit=_("Delete webhook"),
        danger=True,
    )


def _settings(form: WebhookForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "url", "types")}


def _types_in_words(webhook: Webhook) -> list[str]:
    """The names of the record types; nothing for all of them."""
    return [label for name, label in type_choices() if name in webhook.types]


def _form_page(request: HttpRequest, organization: Any, form: WebhookForm, **context: Any) -> HttpResponse:
    page = {"organization": organization, "form": form, "webhook": None, "conflict": None, **context}
    return render(request, "webhooks/webhook_form.html", page, status=422 if form.is_bound else 200)


def _confirmation(request: HttpRequest, webhook: Webhook, **context: Any) -> HttpResponse:
    page = {"kind": _("Webhooks"), "form": None, "cancel_url": webhook.get_absolute_url(), "danger": False, **context}
    return render(request, "partials/confirm.html", page)
