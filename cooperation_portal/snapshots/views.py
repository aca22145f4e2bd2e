"""`POST /snapshots/`, the state of a snapshot, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from cooperation_portal.api import etags, querystring
from cooperation_portal.api.catalogue import resources_by_type
from cooperation_portal.api.file_answers import FileNegotiation, send_file
from cooperation_portal.api.hints import unknown_type
from cooperation_portal.api.idempotency import answer_once, key_of
from cooperation_portal.api.inputs import StrictChoice, StrictList
from cooperation_portal.api.permissions import readable_types
from cooperation_portal.api.problems import Problem, error, invalid
from cooperation_portal.api.reading_log import log_contacts_read
from cooperation_portal.api.renderers import to_json
from cooperation_portal.api.scopes import Verb
from cooperation_portal.api.serializers import StrictSerializer, validated
from cooperation_portal.api.views import PortalView, answer, not_modified
from cooperation_portal.records.moments import rfc3339

from . import operations
from .models import Snapshot
from .services import places
from .services.asking import OtherIsBuilt, snapshot_ask

#: Seconds after which it is worth asking again how far a snapshot is.
ASK_AGAIN = 5


class RecordType(StrictChoice):
    """A record type; for one that there is not, those that there are."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and data not in self.choices:
            raise serializers.ValidationError(unknown_type(data, self.choices), code="unknown_type")
        return super().to_internal_value(data)


class SnapshotSerializer(StrictSerializer):
    """What a snapshot is asked with."""

    format = StrictChoice(choices=Snapshot.Format.values, required=False, default=Snapshot.Format.NDJSON.value)

    def get_fields(self) -> dict[str, Any]:
        types = StrictList(child=RecordType(choices=list(resources_by_type())), required=False, allow_empty=False)
        return {**super().get_fields(), "types": types}


class SnapshotCollectionView(PortalView):
    """`POST /snapshots/`: 202 and the address where to see how far it is."""

    documented: ClassVar[dict[str, Any]] = {"POST": operations.ask_snapshot}
    #: It writes nothing that anybody reads.
    verbs: ClassVar[Mapping[str, str]] = {"POST": Verb.READ}
    #: Everything at once, in the background.
    prices: ClassVar[Mapping[str, int]] = {"POST": 100}

    def post(self, request: Request) -> HttpResponse:
        querystring.refuse_parameters(request._request)
        return answer_once(request, self._ask)

    def _ask(self, request: Request) -> HttpResponse:
        data = validated(SnapshotSerializer, request.data)
        key = key_of(request)
        asked = tuple(data.get("types", ()))
        readable = readable_types(key)
        errors = [
            error(f"/types/{place}", "missing_scope", _("Your key does not have the scope to read this."))
            for place, name in enumerate(asked)
            if name not in readable
        ]
        if errors:
            raise invalid(*errors)
        contents = [name for name in resources_by_type() if name in readable and (not asked or name in asked)]
        try:
            snapshot = snapshot_ask(by=key, format=data["format"], types=asked, contents=contents)
        except OtherIsBuilt as problem:
            sentence = _("Another snapshot is being made for your organization: %(url)s. Ask again when it is ready.")
            raise Problem(
                "conflict", sentence % {"url": url_of(problem.snapshot)}, headers={"Retry-After": str(ASK_AGAIN)}
            ) from problem
        except ValidationError as problem:
            raise Problem("forbidden", " ".join(problem.messages)) from problem
        body = told(snapshot)
        headers = {"Location": url_of(snapshot), "Retry-After": str(ASK_AGAIN)}
        return answer(request._request, to_json(body), tag_of(body), status=202, headers=headers)


class OneSnapshotView(PortalView):
    def found(self, pk: int) -> Snapshot:
        """The snapshot; the same 404 where there is none and where it is another organization's."""
        snapshot = Snapshot.objects.visible_to(self.actor).filter(pk=pk).first()
        if snapshot is None:
            raise Http404
        return snapshot


class SnapshotView(OneSnapshotView):
    """`GET /snapshots/<id>/`: how far it is, and where the file is."""

    documented: ClassVar[dict[str, Any]] = {"GET": operations.read_snapshot}

    def get(self, request: Request, pk: int) -> HttpResponse:
        http = request._request
        querystring.refuse_parameters(http)
        snapshot = self.found(pk)
        body = told(snapshot)
        tag = tag_of(body)
        if etags.is_known(http, tag):
            return not_modified(tag)
        headers = {"Retry-After": str(ASK_AGAIN)} if snapshot.is_waiting else None
        return answer(http, to_json(body), tag, headers=headers)


class SnapshotFileView(OneSnapshotView):
    """`GET /snapshots/<id>/file/`: the file, or a part of it to go on with a download that broke off."""

    documented: ClassVar[dict[str, Any]] = {"GET": operations.download_snapshot}

    def get_content_negotiator(self) -> Any:
        return FileNegotiation(*places.MEDIA_TYPES.values())

    def get(self, request: Request, pk: int) -> HttpResponseBase:
        http = request._request
        querystring.refuse_parameters(http)
        snapshot = self.found(pk)
        self._refuse_narrower(request, snapshot)
        self._refuse_without_file(snapshot)
        if http.method == "GET":
            log_contacts_read(http, snapshot.counts.get("contact", 0))
        ending = places.ENDINGS[Snapshot.Format(snapshot.format)]
        try:
            return send_file(
                http,
                places.file_of(snapshot),
                media_type=places.MEDIA_TYPES[Snapshot.Format(snapshot.format)],
                file_name=f"{snapshot.ref}.{ending}",
                tag=snapshot.sha256,
            )
        except FileNotFoundError as gone:
            raise Problem("snapshot-expired") from gone  # it was removed since it was looked for

    def _refuse_narrower(self, request: Request, snapshot: Snapshot) -> None:
        """Another key of the organization may have asked, with scopes that this one does not have."""
        if not readable_types(request.auth).issuperset(snapshot.contents):
            raise Problem(
                "forbidden", _("The file holds types of records that your key does not have the scope to read.")
            )

    def _refuse_without_file(self, snapshot: Snapshot) -> None:
        if snapshot.is_waiting:
            sentence = _("The file is still being made. Ask again shortly.")
            raise Problem("conflict", sentence, headers={"Retry-After": str(ASK_AGAIN)})
        if snapshot.status == Snapshot.Status.FAILED:
            raise Problem("conflict", snapshot.problem)
        if snapshot.is_expired or not places.file_of(snapshot).exists():
            raise Problem("snapshot-expired")


def url_of(snapshot: Snapshot) -> str:
    return f"{settings.SITE_URL}{reverse('api:snapshot-detail', args=[snapshot.pk])}"


def tag_of(body: dict[str, Any]) -> str:
    return etags.digest(to_json(body))


def told(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as its organization reads it."""
    is_ready = snapshot.status == Snapshot.Status.READY and not snapshot.is_expired
    status = Snapshot.Status.EXPIRED if snapshot.is_expired else snapshot.status
    return {
        "type": snapshot.record_type,
        "id": snapshot.pk,
        "url": url_of(snapshot),
        "status": str(status),
        "format": str(snapshot.format),
        "types": snapshot.contents,
        "created_at": rfc3339(snapshot.created_at),
        "progress": {"written": snapshot.done, "total": snapshot.total},
        "attempts": snapshot.attempts,
        "problem": snapshot.problem or None,
        "generated_at": snapshot.generated_at and rfc3339(snapshot.generated_at),
        "expires_at": snapshot.expires_at and rfc3339(snapshot.expires_at),
        "cursor": snapshot.cursor or None,
        "count": snapshot.count if snapshot.counts else None,
        "counts": snapshot.counts or None,
        "size": snapshot.size,
        "sha256": snapshot.sha256 or None,
        "file": f"{settings.SITE_URL}{reverse('api:snapshot-file', args=[snapshot.pk])}" if is_ready else None,
    }
