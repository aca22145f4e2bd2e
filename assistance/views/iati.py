"""The public offers as a file of IATI activities."""

from __future__ import annotations

from collections import defaultdict

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from cooperation_portal.access.actors import VISITOR
from cooperation_portal.access.contacts import without_personal_fields
from cooperation_portal.api.reading_log import log_contacts_read
from cooperation_portal.interface.fresh import PUBLIC, answer_if_changed, standing_of_visitors
from organizations.models import PointOfContact

from ..filters.iati import IatiFilter, problems_of
from ..iati import identifiers
from ..iati.activities import Mailboxes, document
from ..models import Offer

#: Record types whose changes show in the file or decide what a filter finds.
TYPES = ("offer", "organization", "state", "contact", "area", "assistance_type", "membership")
#: Offers read at a time: the memory needed does not depend on how many there are.
AT_A_TIME = 200


@require_safe
def iati_activities(request: HttpRequest) -> HttpResponseBase:
    """What anyone may read, whoever asks: this file is for publishing. 204 where nothing fits, since a file without an
    activity is not valid."""
    rows = (
        Offer.objects.visible_to(VISITOR)
        .current()
        .exclude(status=Offer.Status.DRAFT)
        .select_related("organization", "state")
        .prefetch_related("areas", "types", "members_of", "states", "partners__organization", "partners__state")
    )
    found = IatiFilter(request.GET, queryset=rows, request=request)
    if problems := problems_of(request, found):
        return HttpResponseBadRequest("\n".join(problems), content_type="text/plain; charset=utf-8")
    offers = found.qs.order_by("pk")

    def make() -> HttpResponseBase:
        if not offers.exists():
            return HttpResponse(status=204)
        mailboxes = public_mailboxes()
        log_contacts_read(request, sum(len(contacts) for contacts in mailboxes.values()))
        # Of all public offers, not only of those asked for: an offer has the same identifier in each file.
        borrowed = identifiers.borrowed(rows.prefetch_related(None))
        return StreamingHttpResponse(
            document(offers.iterator(chunk_size=AT_A_TIME), mailboxes, borrowed),
            content_type="application/xml; charset=utf-8",
        )

    return answer_if_changed(request, standing_of_visitors(request, TYPES), make, cache_control=PUBLIC)


def public_mailboxes() -> Mailboxes:
    """Functional mailboxes in office that anyone may read, by owner. Persons are never published."""
    contacts = PointOfContact.objects.visible_to(VISITOR).current().filter(kind=PointOfContact.Kind.MAILBOX)
    found: dict[tuple[str, int], list[PointOfContact]] = defaultdict(list)
    for contact in contacts.select_related("organization", "state").order_by("pk"):
        for owner in contact.owners():
            found[owner].append(without_personal_fields(VISITOR, contact))
    return found
