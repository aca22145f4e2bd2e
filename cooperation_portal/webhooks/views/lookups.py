"""What every webhook page begins with: records that the reader may see, or the same 404 as for none."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from cooperation_portal.access.policy import require
from organizations.models import Organization

from ..models import Delivery, Webhook


def managed_organization(request: HttpRequest, slug: str) -> Organization:
    """The organization, for whoever reads its webhooks. Raises `NotAllowed`."""
    organization = get_object_or_404(Organization.objects.visible_to(request.user), slug=slug)
    require(request.user, "view", Webhook(organization=organization))
    return organization


def visible_webhook(request: HttpRequest, slug: str, pk: int) -> Webhook:
    rows = Webhook.objects.visible_to(request.user).select_related("organization")
    return get_object_or_404(rows, pk=pk, organization__slug=slug)


def visible_delivery(request: HttpRequest, slug: str, pk: int, delivery_pk: int) -> Delivery:
    rows = Delivery.objects.visible_to(request.user).select_related("webhook__organization", "replayed_from")
    return get_object_or_404(rows, pk=delivery_pk, webhook_id=pk, webhook__organization__slug=slug)
