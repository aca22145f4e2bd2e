"""One message with its tries, a test message, and sending again."""

from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface.refusals import add_problem

from ..forms import ReplayForm
from ..hints import ANNOUNCED_FOR
from ..models import Delivery
from ..services import MAX_REPLAYED, delivery_replay, failed_replay, webhook_ping
from ..words import with_words
from .lookups import visible_delivery, visible_webhook


@login_required
@require_safe
def delivery_detail(request: HttpRequest, slug: str, pk: int, delivery_pk: int) -> HttpResponse:
    delivery = visible_delivery(request, slug, pk, delivery_pk)
    webhook = delivery.webhook
    can_send = webhook.is_sending
    again = delivery.replays.order_by("pk")
    is_waiting = delivery.state == Delivery.State.PENDING
    is_sent_again = any(other.state == Delivery.State.PENDING for other in again)
    return render(
        request,
        "webhooks/delivery_detail.html",
        {
            "delivery": delivery,
            "words": with_words([delivery], request.user)[0][1],
            "webhook": webhook,
            "organization": webhook.organization,
            "body": json.dumps(delivery.content, indent=2),
            "attempts": delivery.attempts.all(),
            "again": again,
            "is_tried": is_waiting and can_send,
            "may_replay": can_send and not is_waiting and not is_sent_again and allows(request.user, "replay", webhook),
        },
    )


@login_required
@require_POST
def ping_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    webhook = visible_webhook(request, slug, pk)
    try:
        message = webhook_ping(by=request.user, webhook=webhook)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect(webhook)
    messages.success(request, _("The test message is on its way. Reload this page to see what came of it."))
    return redirect(message)


@login_required
@require_POST
def delivery_replay_view(request: HttpRequest, slug: str, pk: int, delivery_pk: int) -> HttpResponse:
    delivery = visible_delivery(request, slug, pk, delivery_pk)
    try:
        again = delivery_replay(by=request.user, delivery=delivery)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect(delivery)
    messages.success(request, _("The message is sent again, under the same id."))
    return redirect(again)


@login_required
@require_http_methods(["GET", "POST"])
def failed_replay_view(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask from when, then send again what failed since."""
    webhook = visible_webhook(request, slug, pk)
    require(request.user, "replay", webhook)
    form = ReplayForm(request.POST or None, initial={"since": timezone.localdate() - ANNOUNCED_FOR})
    if request.method == "POST" and form.is_valid():
        try:
            count = failed_replay(by=request.user, webhook=webhook, since=form.cleaned_data["since"])
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            _say(request, count)
            return redirect(webhook)
    page = {
        "kind": _("Webhooks"),
        "title": _("Send failed messages again"),
        "sentence": _("To “%(webhook)s”, the oldest first.") % {"webhook": webhook.name},
        "consequences": [
            _("Each goes under its own id, so that your system can tell that it is the same message."),
            _("Messages that were sent again already are left out."),
            _("At most %(most)d go at once.") % {"most": MAX_REPLAYED},
        ],
        "form": form,
        "submit": _("Send again"),
        "cancel_url": webhook.get_absolute_url(),
        "danger": False,
    }
    return render(request, "partials/confirm.html", page, status=422 if form.is_bound else 200)


def _say(request: HttpRequest, count: int) -> None:
    if count:
        told = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", count) % {"n": count}
        messages.success(request, told)
    else:
        messages.info(request, _("No message failed since then that was not sent again already."))
