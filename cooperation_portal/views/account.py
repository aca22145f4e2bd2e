"""What concerns the signed-in person: notices and profile."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperation_portal.interface.lists import PER_PAGE
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.notices.messages import sentences_for
from cooperation_portal.notices.models import Notice
from cooperation_portal.records.write import StaleVersion
from organizations.forms.people import ProfileForm
from organizations.models import Affiliation, User
from organizations.services.users import user_update


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What happened that the person should know, newest first."""
    rows = Notice.objects.visible_to(request.user)
    page = Paginator(rows.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "portal/notices.html",
        {
            "page": page,
            "notices": [(notice, *sentences_for(notice)) for notice in page],
            "unread": rows.unread().count(),
        },
    )


@login_required
@require_POST
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice as read and go to where one acts on it."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    Notice.objects.filter(pk=notice.pk).unread().update(read_at=timezone.now())
    is_here = url_has_allowed_host_and_scheme(notice.path, allowed_hosts=None)
    return redirect(notice.path if is_here else "notices")


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all notices as read."""
    Notice.objects.visible_to(request.user).unread().update(read_at=timezone.now())
    messages.success(request, _("All notices are marked as read."))
    return redirect("notices")


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """What a person says of themselves, for whom they act, and the way to password, address and second step."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    conflict: list[dict] = []
    if request.method == "POST" and form.is_valid():
        try:
            user_update(
                by=request.user,
                user=User.objects.get(pk=request.user.pk),
                values=form.values(),
                expected_version=form.cleaned_data["expected_version"],
            )
        except StaleVersion as problem:
            conflict = conflict_rows(form, problem)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("profile")
    own = Affiliation.objects.filter(user=cast(User, request.user))
    affiliations = list(own.select_related("organization", "state").order_by("-created_at"))
    context = {
        "form": form,
        "conflict": conflict,
        "held": [row for row in affiliations if row.status == "active"],
        "waiting": [row for row in affiliations if row.status == "requested"],
        "former": [row for row in affiliations if row.status in ("refused", "ended")],
    }
    return render(request, "portal/profile.html", context, status=422 if form.is_bound else 200)
