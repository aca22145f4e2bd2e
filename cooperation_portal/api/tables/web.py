"""The same tables for people: what a list of the web shows, in its order, with the fields that the API has."""

from __future__ import annotations

from contextlib import nullcontext

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from cooperation_portal.access.actors import actor_for
from cooperation_portal.interface.lists import DOWNLOAD, Listing

from ..reading_log import log_contacts_read
from ..resources import Resource
from ..whole_lists import of_ids, one_moment
from .files import KINDS
from .views import columns_of, file_response, too_many, written

#: Endings that a list of the web offers (`listing(downloads=...)`).
DOWNLOADS = tuple(KINDS)


def table_of_list(request: HttpRequest, resource: Resource, shown: Listing) -> HttpResponseBase:
    """The whole filtered list as the file that `shown.download` names; each field as far as the reader may read it.

    A list too long for that file leads back to its page, which says so.
    """
    kind = KINDS[shown.download]
    with nullcontext() if connection.in_atomic_block else one_moment():
        ids = list(shown.rows.values_list("pk", flat=True))
        if (sentence := too_many(kind, len(ids))) is not None:
            messages.error(request, sentence)
            return redirect(f"{request.path}?{_without_download(request)}")
        chunks = of_ids(resource, ids, actor_for(request.user))
        address = request.build_absolute_uri()
        file = written(kind, columns_of(resource, None), chunks, address=address, count=len(ids))
    if resource.name == "contacts":
        log_contacts_read(request, len(ids))
    return file_response(file, kind, resource.name, headers={"Cache-Control": "private, no-store"})


def _without_download(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop(DOWNLOAD, None)
    return query.urlencode()
