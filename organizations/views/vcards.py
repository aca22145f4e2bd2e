"""Contacts as files for address books."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cooperation_portal.api.reading_log import log_contacts_read
from cooperation_portal.interface.lists import unknown_parameters

from ..filters import ContactFilter
from ..models import PointOfContact
from ..vcards import CONTENT_TYPE, vcards
from .contacts import visible_contact


@require_safe
def contact_vcard(request: HttpRequest, pk: int) -> HttpResponse:
    """One contact that the reader reads in full; else it is as if there were none."""
    contact = visible_contact(request, pk)
    cards = list(vcards(request.user, [contact]))
    if not cards:
        raise Http404
    return _file(request, cards, f"{contact.ref}.vcf")


@login_required
@require_safe
def contact_list_vcards(request: HttpRequest) -> HttpResponse:
    """All contacts of the list with its filters, those left out of which the reader does not read who it is."""
    visible = PointOfContact.objects.visible_to(request.user).select_related("organization", "state")
    found = ContactFilter(request.GET, queryset=visible, request=request)
    unknown = unknown_parameters(request, found)
    if unknown or not found.form.is_valid():
        problems = [_("This list has no filter “%(name)s”.") % {"name": name} for name in unknown]
        problems += [message for messages in found.form.errors.values() for message in messages]
        return HttpResponseBadRequest("\n".join(problems), content_type="text/plain; charset=utf-8")
    rows = found.qs.order_by("organization__sort_key", "state__sort_key", "role", "pk")
    return _file(request, list(vcards(request.user, rows)), "contacts.vcf")


def _file(request: HttpRequest, cards: list[str], name: str) -> HttpResponse:
    log_contacts_read(request, len(cards))
    return HttpResponse(
        "".join(cards),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )
