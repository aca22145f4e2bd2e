"""The page for a form that came without its token."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cooperation_portal.interface.errors import request_id


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what to do; the technical `reason` is for the log, not for the reader."""
    context = {
        "request_id": request_id(request),
        "reason": _(
            "The form was open for too long, or cookies are switched off. Go back, reload the page and send it again."
        ),
    }
    return render(request, "403.html", context, status=403)
