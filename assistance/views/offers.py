"""Pages of offers: the list, one offer, posting and changing it, and what else happens to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.policy import allows, require
from cooperation_portal.api.tables.web import DOWNLOADS, table_of_list
from cooperation_portal.interface.lists import listing
from cooperation_portal.records.write import StaleVersion

from ..api import OFFERS
from ..filters.offers import DEFAULT_SORT, OFFER_SORTS, OfferFilter
from ..forms.offers import OfferForm, providers_for
from ..forms.partners import PartnerFormSet, initial_partners, partner_names
from ..forms.transitions import TransitionForm
from ..models import Offer
from ..services.offer_values import OfferValues
from ..services.offers import OFFER_SERVICES, offer_actions, offer_create, offer_update
from . import offer_pages
from .offer_actions import TRANSITION_PAGES, why_not


@require_safe
def offer_list(request: HttpRequest) -> HttpResponseBase:
    """What is offered, as far as the reader may see it."""
    rows = (
        Offer.objects.visible_to(request.user)
        .select_related("organization", "state")
        .prefetch_related("areas", "members_of", "states")
        .defer("summary", "source")
    )
    found = listing(
        request,
        OfferFilter(request.GET, queryset=rows, request=request),
        sorts=OFFER_SORTS,
        default=DEFAULT_SORT,
        downloads=DOWNLOADS,
    )
    if found.download:
        return table_of_list(request, OFFERS, found)
    count = found.page.paginator.count
    return render(
        request,
        "assistance/offer_list.html",
        {
            "filter": found.filter,
            "page": found.page,
            "counted": ngettext("%(count)s offer", "%(count)s offers", count) % {"count": number_format(count)},
            "may_post": allows(request.user, "create", Offer),
        },
    )


def visible_offer(request: HttpRequest, reference: str) -> Offer:
    """The offer, or the same 404 as for one that does not exist."""
    offers = Offer.objects.visible_to(request.user).select_related("organization", "state")
    return get_object_or_404(offers, reference=reference)


@require_safe
def offer_detail(request: HttpRequest, reference: str) -> HttpResponse:
    offer = visible_offer(request, reference)
    return render(request, "assistance/offer_detail.html", offer_pages.detail(request.user, offer))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_new(request: HttpRequest) -> HttpResponse:
    """Post an offer: as a draft, or published at once."""
    require(request.user, "create", Offer)
    providers = providers_for(request.user)
    if request.method != "POST":
        return _form_page(request, OfferForm(providers=providers), PartnerFormSet(prefix="partners"))
    form = OfferForm(request.POST, providers=providers)
    partners = PartnerFormSet(request.POST, prefix="partners")
    if form.is_valid() & partners.is_valid():
        publish = "publish" in request.POST
        try:
            offer = offer_create(
                by=request.user, provider=form.chosen_provider, values=form.values(partners.values()), publish=publish
            )
        except ValidationError as problem:
            form.add_problems(problem)
        else:
            return _saved(request, offer, published=publish)
    return _form_page(request, form, partners, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Change an offer. Whoever saves a page that is no longer the newest sees both versions first."""
    offer = visible_offer(request, reference)
    require(request.user, "update", offer)
    if "update" not in offer_actions(request.user, offer):
        messages.warning(request, _("It is withdrawn and can no longer be changed. Post it anew instead."))
        return redirect(offer)
    if request.method != "POST":
        rows = PartnerFormSet(prefix="partners", initial=initial_partners(OfferValues.of(offer).partners))
        return _form_page(request, OfferForm(providers=[], offer=offer), rows)
    form = OfferForm(request.POST, providers=[], offer=offer)
    partners = PartnerFormSet(request.POST, prefix="partners")
    if not form.is_valid() & partners.is_valid():
        return _form_page(request, form, partners, status=422)
    values = form.values(partners.values())
    publish = "publish" in request.POST and offer.is_draft
    try:
        saved = offer_update(
            by=request.user,
            offer=offer,
            values=values,
            expected_version=form.cleaned_data["expected_version"],
            publish=publish,
        )
    except StaleVersion as stale:
        current = visible_offer(request, reference)
        form.accept_version(stale.current.version)
        conflict = offer_pages.conflict(current, yours=values.tidied())
        return _form_page(request, form, partners, status=409, conflict=conflict)
    except ValidationError as problem:
        form.add_problems(problem)
        return _form_page(request, form, partners, status=422)
    return _saved(request, saved, published=publish)


def _saved(request: HttpRequest, offer: Offer, *, published: bool) -> HttpResponse:
    """Say what was saved and where it can be read; the secretariat cannot read the draft that it made for another."""
    if published:
        messages.success(request, _("“%(title)s” is published.") % {"title": offer.title})
    elif offer.is_draft:
        messages.success(
            request,
            _("The draft %(reference)s is saved. Until it is published only %(provider)s can read it.")
            % {"reference": offer.reference, "provider": offer.provider},
        )
    else:
        messages.success(request, _("Your changes are saved."))
    if Offer.objects.visible_to(request.user).filter(pk=offer.pk).exists():
        return redirect(offer)
    return redirect("assistance:offer_list")


def _form_page(
    request: HttpRequest,
    form: OfferForm,
    partners: Any,
    *,
    status: int = 200,
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:
    context = offer_pages.form_facts(form)
    context |= {"form": form, "partners": partners, "partner_names": partner_names(), "conflict": conflict}
    return render(request, "assistance/offer_form.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_transition(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Say what an action does and take it: publish, suspend, withdraw and so on."""
    if action not in OFFER_SERVICES:
        raise Http404
    offer = visible_offer(request, reference)
    require(request.user, action, offer)
    page = TRANSITION_PAGES[action]
    form = TransitionForm(request.POST or None, asks_reason=page.asks_reason, version=offer.version)
    if request.method == "POST" and form.is_valid():
        try:
            OFFER_SERVICES[action](
                by=request.user,
                offer=offer,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["expected_version"],
            )
        except StaleVersion:
            messages.warning(request, _("It changed meanwhile, so nothing was done. Look at it again."))
            return redirect(offer)
        except ValidationError as problem:
            form.add_problems(problem)
        else:
            messages.success(request, str(page.done))
            return redirect("assistance:offer_list") if action == "discard" else redirect(offer)
    elif request.method != "POST" and action not in offer_actions(request.user, offer):
        messages.warning(request, why_not(action, offer))
        return redirect(offer)
    return render(
        request, "partials/confirm.html", page.context(offer, form), status=422 if request.method == "POST" else 200
    )
