"""The file of a document in the partner API: `GET /documents/<id>/file/`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import FileResponse, Http404, HttpResponse
from rest_framework.request import Request

from cooperation_portal.api import etags, querystring
from cooperation_portal.api.renderers import FILE_TYPE, JSON_TYPE
from cooperation_portal.api.views import JsonOnly, OneRecordView, not_modified

from .models import Document
from .uploads import FILE_HEADERS, open_file


class AnyType(JsonOnly):
    """A file is what it is, whatever the caller would rather have; refusals are JSON as everywhere."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        return renderers[0], JSON_TYPE


class DocumentFileView(OneRecordView):
    """The file itself, to whoever may read its record; for everybody else the same 404 as where there is none."""

    content_negotiation_class = AnyType
    documented: ClassVar[dict[str, Any]] = {"GET": "read_file"}

    def get(self, request: Request, pk: int) -> HttpResponse | FileResponse:
        querystring.refuse_parameters(request._request)
        document = Document.objects.visible_to(self.actor).filter(pk=pk).first()
        if document is None:
            raise Http404
        if etags.is_known(request._request, document.sha256):
            return not_modified(document.sha256)
        response = FileResponse(
            open_file(document), as_attachment=True, filename=document.file_name, content_type=FILE_TYPE
        )
        # What a page may keep is decided for people; here the ETag decides.
        for name, value in {**FILE_HEADERS, "ETag": etags.quoted(document.sha256)}.items():
            if name != "Cache-Control":
                response[name] = value
        return response
