"""The views of those who may write: create, change, remove, take a step."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from . import etags, idempotency, querystring, writing
from .deprecation import Deprecation
from .parsers import FormParser
from .problems import error, invalid
from .renderers import to_json
from .resources import Action
from .rows import object_url
from .views import CollectionView, OneRecordView, RecordView, answer


class WritableCollectionView(CollectionView):
    """`POST /<resource>/`: a new record of the caller's own organization."""

    documented: ClassVar[dict[str, Any]] = {**CollectionView.documented, "POST": "create_record"}

    def get_parsers(self) -> list[Any]:
        return [FormParser()] if self.of.takes_file else super().get_parsers()

    def post(self, request: Request) -> HttpResponse:
        querystring.refuse_parameters(request._request)
        return idempotency.answer_once(request, self._create)

    def _create(self, request: Request) -> HttpResponse:
        data = writing.checked(self.of, request.data)
        with writing.told_as_problems(self.of):
            record = writing.writes_of(self.of).create(by=request.auth, data=data)
        return made(self, request, record.pk)


class WritableRecordView(RecordView):
    """`PATCH /<resource>/<id>/` with If-Match: what is sent changes, the rest stays."""

    documented: ClassVar[dict[str, Any]] = {**RecordView.documented, "PATCH": "change_record"}

    def patch(self, request: Request, pk: int) -> HttpResponse:
        querystring.refuse_parameters(request._request)
        record, version = writing.matched(self, request, pk, "update")
        data = writing.checked(self.of, request.data, partial=True)
        with writing.told_as_problems(self.of):
            writing.writes_of(self.of).update(by=request.auth, record=record, data=data, expected_version=version)
        return changed(self, request, pk)


class RemovableRecordView(WritableRecordView):
    """`DELETE /<resource>/<id>/` with If-Match."""

    http_method_names = [*WritableRecordView.http_method_names, "delete"]
    documented: ClassVar[dict[str, Any]] = {**WritableRecordView.documented, "DELETE": "remove_record"}

    def delete(self, request: Request, pk: int) -> HttpResponse:
        querystring.refuse_parameters(request._request)
        _refuse_body(request._request)
        removal = writing.removal_of(self.of)
        record, version = writing.matched(self, request, pk, removal.action)
        with writing.told_as_problems(self.of):
            removal.run(by=request.auth, record=record, expected_version=version)
        response = HttpResponse(status=204)
        del response.headers["Content-Type"]
        return response


class StepView(OneRecordView):
    """`POST /<resource>/<id>/<action>/` with If-Match: a step of the record."""

    documented: ClassVar[dict[str, Any]] = {"POST": "take_step"}

    action: ClassVar[Action | None] = None

    @property
    def deprecated(self) -> Deprecation | None:
        return (self.action and self.action.deprecated) or super().deprecated

    def post(self, request: Request, pk: int) -> HttpResponse:
        querystring.refuse_parameters(request._request)
        return idempotency.answer_once(request, lambda again: self._take(again, pk))

    def _take(self, request: Request, pk: int) -> HttpResponse:
        if self.action is None:
            raise TypeError("A step is wired without its action.")
        record, version = writing.matched(self, request, pk, self.action.name)
        arguments = writing.step_arguments(self.action, request.data)
        with writing.told_as_problems(self.of):
            result = self.action.run(by=request.auth, record=record, expected_version=version, **arguments)
        return made(self, request, result.pk) if self.action.makes_new else changed(self, request, pk)


def changed(view: OneRecordView, request: Request, pk: int) -> HttpResponse:
    """The record as it is after a write."""
    found = view.read(pk, view.actor)
    return answer(request._request, to_json(found), etags.record_tag(found, view.actor))


def made(view: Any, request: Request, pk: int) -> HttpResponse:
    """The new record and where it is."""
    found = writing.read_one(view.of, pk, view.actor)
    location = {"Location": object_url(view.of, f"{pk}/")}
    return answer(request._request, to_json(found), etags.record_tag(found, view.actor), status=201, headers=location)


def _refuse_body(request: HttpRequest) -> None:
    """What is taken away needs no body; one that came would be ignored in silence."""
    if request.META.get("CONTENT_LENGTH") not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in request.META:
        raise invalid(error("", "unexpected_body", _("Send no body with DELETE.")))
