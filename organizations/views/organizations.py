"""The list of organizations and the page of each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperation_portal.access.contacts import without_personal_fields
from cooperation_portal.access.policy import allows, require
from cooperation_portal.api.models import ApiKey
from cooperation_portal.api.tables.web import DOWNLOADS, table_of_list
from cooperation_portal.interface.lists import listing
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.records.write import StaleVersion

from ..api import ORGANIZATIONS
from ..filters import OrganizationFilter, visible_current_contacts
from ..forms.organizations import OrganizationForm
from ..models import Affiliation, InformationSheet, Membership, Organization, PointOfContact
from ..services.organizations import organization_confirm, organization_update
from . import neighbours

#: Rows of a panel on a record's page; the rest is a link away.
IN_PANEL = 10


@require_safe
def organization_list(request: HttpRequest) -> HttpResponseBase:
    """Who belongs to the network. Public."""
    contacts = visible_current_contacts(request.user).filter(organization=OuterRef("pk"))
    visible = Organization.objects.visible_to(request.user).annotate(
        has_contact=Exists(contacts),
        members_count=Count("memberships", filter=Q(memberships__status=Membership.Status.MEMBER)),
    )
    shown = listing(
        request,
        OrganizationFilter(request.GET, queryset=visible, request=request),
        sorts={
            "acronym": ("sort_key", "pk"),
            "category": ("category", "sort_key", "pk"),
            "members": ("members_count", "sort_key", "pk"),
        },
        default="acronym",
        downloads=DOWNLOADS,
    )
    if shown.download:
        return table_of_list(request, ORGANIZATIONS, shown)
    offers = neighbours.offer_numbers(shown.page.object_list, request.user)
    found = shown.page.paginator.count
    return render(
        request,
        "organizations/organization_list.html",
        {
            "filter": shown.filter,
            "page": shown.page,
            "counted": ngettext("%(n)d organization", "%(n)d organizations", found) % {"n": found},
            "rows": [(organization, offers.get(organization.pk, 0)) for organization in shown.page],
        },
    )


@require_safe
def organization_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One organization: facts, members, offers, contacts, information sheet, meetings. Public, as far as each is."""
    organization = visible_organization(request, slug)
    members = list(organization.memberships.select_related("state").order_by("state__sort_key", "iso3"))
    offers = neighbours.offers_of(organization, request.user)
    meetings = neighbours.meetings_of(organization, request.user)
    sheet = InformationSheet.objects.visible_to(request.user).filter(organization=organization).first()
    blank_sheet = InformationSheet(organization=organization)
    return render(
        request,
        "organizations/organization_detail.html",
        {
            "organization": organization,
            "children": organization.children.visible_to(request.user),
            "members": [row for row in members if row.state],
            "other_members": [row for row in members if not row.state],
            "offers": offers[:IN_PANEL],
            "offers_total": offers.count(),
            "contacts": contacts_shown(request, organization=organization),
            "sheet": sheet,
            "may_write_sheet": sheet is None and allows(request.user, "create", blank_sheet),
            "meetings": neighbours.with_days(meetings[:IN_PANEL]),
            "meetings_total": meetings.count(),
            "may_edit": allows(request.user, "update", organization),
            "may_confirm": allows(request.user, "confirm", organization),
            "may_name_contact": allows(request.user, "create", PointOfContact(organization=organization)),
            "may_manage_people": manages_people(request, organization),
            "may_manage_keys": allows(request.user, "view", ApiKey(organization=organization)),
            "may_see_webhooks": neighbours.manages_webhooks(request.user, organization),
            "may_see_coverage": allows(request.user, "view", "coverage"),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def organization_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """What the organization says of itself, by its focal point or the secretariat."""
    organization = visible_organization(request, slug)
    require(request.user, "update", organization)
    form = OrganizationForm(request.POST or None, instance=visible_organization(request, slug))
    conflict: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            organization_update(
                by=request.user,
                organization=organization,
                values={name: form.cleaned_data[name] for name in ("description", "website", "mandate_areas")},
                expected_version=form.cleaned_data["expected_version"],
            )
        except StaleVersion as problem:
            conflict = conflict_rows(form, problem)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("Saved, and confirmed as true today."))
            return redirect(organization)
    context = {"organization": organization, "form": form, "conflict": conflict}
    return render(request, "organizations/organization_edit.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def organization_confirm_view(request: HttpRequest, slug: str) -> HttpResponse:
    """One press says that what is shown is still true."""
    organization = organization_confirm(by=request.user, organization=visible_organization(request, slug))
    messages.success(request, _("Thank you. Readers now see that this was confirmed today."))
    return redirect(organization)


def visible_organization(request: HttpRequest, slug: str) -> Organization:
    """The organization, or the same 404 as for one that does not exist."""
    return get_object_or_404(Organization.objects.visible_to(request.user).select_related("parent"), slug=slug)


def contacts_shown(request: HttpRequest, **body: Any) -> list[PointOfContact]:
    """Contacts in office of one body that the reader may see, personal fields as the reader may read them."""
    rows = visible_current_contacts(request.user).filter(**body).select_related("organization", "state")
    return [without_personal_fields(request.user, row) for row in rows]


def manages_people(request: HttpRequest, body: Any) -> bool:
    """Whether the reader decides about the people of an organization or State."""
    kind = "organization" if isinstance(body, Organization) else "state"
    return request.user.is_authenticated and allows(request.user, "view", Affiliation(**{kind: body}))
