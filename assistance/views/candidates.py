"""Candidates: which offers could help with a request, which requests an offer could help with, and why or why not."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.policy import require
from cooperation_portal.interface.lists import PER_PAGE
from cooperation_portal.interface.refusals import add_problem

from ..filters.offers import ANY_STATUS, OfferFilter
from ..forms.candidates import AskForm, PickerForm
from ..models import AssistanceRequest, Offer
from ..services.candidates import comparable_offers
from ..services.questions import people_asked, provider_ask, why_not_asked
from ..services.ranking import MatchingNotPossible
from . import candidate_contexts as contexts


def visible_request(request: HttpRequest, reference: str) -> AssistanceRequest:
    """The request, or the same 404 as for one that does not exist."""
    rows = AssistanceRequest.objects.visible_to(request.user).with_full_text_for(request.user)
    return get_object_or_404(rows.select_related("state", "organization"), reference=reference)


def visible_offer(request: HttpRequest, reference: str) -> Offer:
    rows = Offer.objects.visible_to(request.user).select_related("organization", "state")
    return get_object_or_404(rows, reference=reference)


def not_compared(request: HttpRequest, problem: Exception, back: Any, status: int = 409) -> HttpResponse:
    """Say why nothing is compared, and lead back."""
    sentence = " ".join(problem.messages) if isinstance(problem, ValidationError) else str(problem)
    return render(request, "assistance/not_compared.html", {"problem": sentence, "back": back}, status=status)


@login_required
@require_safe
def request_candidates(request: HttpRequest, reference: str) -> HttpResponse:
    """The offers that fit a request, and those that miss by one gate."""
    record = visible_request(request, reference)
    require(request.user, "see_candidates", record)
    try:
        context = contexts.offers_for(request, record, contexts.web_pair(record))
    except (ValidationError, MatchingNotPossible) as problem:
        return not_compared(request, problem, record)
    return render(request, "assistance/request_candidates.html", context)


@login_required
@require_safe
def request_compare(request: HttpRequest, reference: str) -> HttpResponse:
    """Pick any offer to compare with the request. One that is named by its reference is compared at once."""
    record = visible_request(request, reference)
    require(request.user, "see_candidates", record)
    form = PickerForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    rows = comparable_offers(request.user).select_related("organization", "state").defer("summary")
    if text and (named := rows.filter(reference=text.strip().upper()).first()) is not None:
        return redirect("assistance:pair", record.reference, named.reference)
    found = _containing(rows, text) if text else rows.none()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    counted = ngettext("%(count)d offer", "%(count)d offers", page.paginator.count) % {"count": page.paginator.count}
    context = {"record": record, "form": form, "page": page, "is_asked": bool(text), "counted": counted}
    return render(request, "assistance/request_compare.html", context)


def _containing(rows: QuerySet[Offer], text: str) -> QuerySet[Offer]:
    """As the list of offers searches; whatever the status."""
    found: QuerySet[Offer] = OfferFilter({"q": text, "status": ANY_STATUS}, queryset=rows).qs
    return found.order_by("-published_at", "-pk")


@login_required
@require_safe
def pair(request: HttpRequest, reference: str, offer_reference: str) -> HttpResponse:
    """One request and one offer: why, or why not."""
    record, offer = visible_request(request, reference), visible_offer(request, offer_reference)
    try:
        context = contexts.pair_of(request.user, record, offer)
    except (ValidationError, MatchingNotPossible) as problem:
        return not_compared(request, problem, offer)
    return render(request, "assistance/pair.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pair_ask(request: HttpRequest, reference: str, offer_reference: str) -> HttpResponse:
    """Ask the provider about its offer; the form says what the provider will read, and what not."""
    record, offer = visible_request(request, reference), visible_offer(request, offer_reference)
    require(request.user, "ask", "match")
    form = AskForm(request.POST or None)
    problem = why_not_asked(record, offer)
    if problem and request.method != "POST":
        messages.error(request, problem)
        return redirect("assistance:pair", record.reference, offer.reference)
    if request.method == "POST" and form.is_valid():
        try:
            told = provider_ask(by=request.user, request=record, offer=offer, question=form.cleaned_data["question"])
        except ValidationError as refused:
            add_problem(form, refused)
        else:
            sentence = ngettext(
                "The question was sent to %(count)d person of %(provider)s.",
                "The question was sent to %(count)d people of %(provider)s.",
                told,
            )
            messages.success(request, sentence % {"count": told, "provider": offer.provider})
            return redirect("assistance:pair", record.reference, offer.reference)
    context = contexts.ask_page(request.user, record, offer, form, has_people=bool(people_asked(offer)))
    return render(request, "assistance/pair_ask.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def offer_requests(request: HttpRequest, reference: str) -> HttpResponse:
    """The requests that an offer fits, and those that it misses by one gate."""
    offer = visible_offer(request, reference)
    require(request.user, "see_requests", offer)
    try:
        context = contexts.requests_for(request, offer)
    except (ValidationError, MatchingNotPossible) as problem:
        return not_compared(request, problem, offer)
    return render(request, "assistance/offer_requests.html", context)
