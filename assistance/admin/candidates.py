"""Who could help with a request, and why or why not, in the look of the admin."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cooperation_portal.access.policy import require

from ..models import AssistanceRequest, Offer
from ..services.ranking import MatchingNotPossible
from ..views import candidate_contexts as contexts


def pair_address(request_id: int, offer_reference: str) -> str:
    """The admin's page of a pair."""
    return reverse("admin:assistance_assistancerequest_pair", args=[request_id, offer_reference])


class CandidatesPages:
    """Two pages under a request: its candidates, and one pair. Mixed into the admin of requests."""

    change_form_template = "admin/assistance/assistancerequest/with_candidates.html"

    def get_urls(self) -> list[Any]:
        site = self.admin_site  # type: ignore[attr-defined]
        own = [
            path(
                "<int:request_id>/candidates/",
                site.admin_view(self.candidates_view),
                name="assistance_assistancerequest_candidates",
            ),
            path(
                "<int:request_id>/offers/<str:offer_reference>/",
                site.admin_view(self.pair_view),
                name="assistance_assistancerequest_pair",
            ),
        ]
        return own + super().get_urls()  # type: ignore[misc]

    @method_decorator(require_safe)
    def candidates_view(self, request: HttpRequest, request_id: int) -> HttpResponse:
        record = self._visible(request, request_id)
        require(request.user, "see_candidates", record)
        title = _("Who could help: %(title)s") % {"title": record.title}
        context = self._context(request, record, title)
        try:
            context |= contexts.offers_for(request, record, lambda offer: pair_address(record.pk, offer))
        except (ValidationError, MatchingNotPossible) as problem:
            return self._not_compared(request, context, problem)
        return TemplateResponse(request, "admin/assistance/assistancerequest/candidates.html", context)

    @method_decorator(require_safe)
    def pair_view(self, request: HttpRequest, request_id: int, offer_reference: str) -> HttpResponse:
        record = self._visible(request, request_id)
        offers = Offer.objects.visible_to(request.user).select_related("organization", "state")
        offer = get_object_or_404(offers, reference=offer_reference)
        title = _("“%(offer)s” for %(requester)s") % {"offer": offer.title, "requester": record.requester}
        context = self._context(request, record, title)
        try:
            context |= contexts.pair_of(request.user, record, offer)
        except (ValidationError, MatchingNotPossible) as problem:
            return self._not_compared(request, context, problem)
        return TemplateResponse(request, "admin/assistance/assistancerequest/pair.html", context)

    @staticmethod
    def _visible(request: HttpRequest, request_id: int) -> AssistanceRequest:
        rows = AssistanceRequest.objects.visible_to(request.user).with_full_text_for(request.user)
        return get_object_or_404(rows.select_related("state", "organization"), pk=request_id)

    def _context(self, request: HttpRequest, record: AssistanceRequest, title: str) -> dict[str, Any]:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": title,
            "opts": self.opts,  # type: ignore[attr-defined]
            "record": record,
        }

    @staticmethod
    def _not_compared(request: HttpRequest, context: dict[str, Any], problem: Exception) -> HttpResponse:
        sentence = " ".join(problem.messages) if isinstance(problem, ValidationError) else str(problem)
        template = "admin/assistance/assistancerequest/not_compared.html"
        return TemplateResponse(request, template, context | {"problem": sentence}, status=409)


def candidates_link(request: AssistanceRequest) -> str:
    """The way to the candidates from the list."""
    address = reverse("admin:assistance_assistancerequest_candidates", args=[request.pk])
    return format_html('<a href="{}">{}</a>', address, _("Show"))


CANDIDATES_LABEL = gettext_lazy("Who could help")
