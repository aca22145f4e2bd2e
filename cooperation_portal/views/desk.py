"""My desk: what waits for whoever is signed in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cooperation_portal.access.actors import actor_for

from ..desk import parts_for


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The parts of the desk that the person's roles ask for; a fixed number of queries whatever there is."""
    actor = actor_for(request.user)
    return render(request, "portal/dashboard.html", {"parts": parts_for(request.user), "is_member": actor.is_member})
