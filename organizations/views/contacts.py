"""Points of contact: who they are, for members, and naming, correcting, replacing, ending and verifying them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.contacts import reads_personal_fields, without_personal_fields
from cooperation_portal.access.policy import allows, require
from cooperation_portal.access.roles import Role
from cooperation_portal.api.tables.web import DOWNLOADS, table_of_list
from cooperation_portal.interface.lists import listing
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.records.write import StaleVersion

from ..api import CONTACTS
from ..filters import ContactFilter
from ..forms.contacts import ContactEndForm, ContactForm
from ..models import Organization, PointOfContact, State
from ..services.contacts import contact_create, contact_end, contact_replace, contact_update, contact_verify


@login_required
@require_safe
def contact_list(request: HttpRequest) -> HttpResponseBase:
    """Contacts that the reader may see, in office unless the ended ones are asked for."""
    visible = PointOfContact.objects.visible_to(request.user).select_related("organization", "state")
    shown = listing(
        request,
        ContactFilter(request.GET, queryset=visible, request=request),
        sorts={
            "body": ("organization__sort_key", "state__sort_key", "role", "pk"),
            "role": ("role", "organization__sort_key", "state__sort_key", "pk"),
            "verified": ("verified_on", "pk"),
        },
        default="body",
        downloads=DOWNLOADS,
    )
    if shown.download:
        return table_of_list(request, CONTACTS, shown)
    found = shown.page.paginator.count
    return render(
        request,
        "organizations/contact_list.html",
        {
            "filter": shown.filter,
            "page": shown.page,
            "contacts": [without_personal_fields(request.user, contact) for contact in shown.page],
            "counted": ngettext("%(n)d contact", "%(n)d contacts", found) % {"n": found},
            "may_name": bool(_bodies_of(request)) or actor_for(request.user).is_secretariat,
        },
    )


@require_safe
def contact_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One contact, as the reader may read it."""
    contact = visible_contact(request, pk)
    before = _visible_neighbour(request, contact.replaces_id)
    after = _visible_neighbour(request, getattr(contact, "replaced_by", None) and contact.replaced_by.pk)
    return render(
        request,
        "organizations/contact_detail.html",
        {
            "contact": without_personal_fields(request.user, contact),
            "languages": [WorkingLanguage(code).label for code in contact.languages],
            "is_full": reads_personal_fields(request.user, contact),
            "before": before,
            "after": after,
            "may": {
                action: not contact.is_ended and allows(request.user, action, contact)
                for action in ("update", "replace", "end", "verify")
            },
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def contact_add(request: HttpRequest) -> HttpResponse:
    """Name a contact of the organization or State in the address, or of the only one the person acts for."""
    body = _body_asked_for(request)
    if body is None:
        return render(request, "organizations/contact_choose_body.html", {"bodies": _bodies_of(request)})
    require(request.user, "create", _blank(body))

    def save(form: ContactForm) -> PointOfContact:
        contact = contact_create(by=request.user, body=body, values=form.values())
        messages.success(request, _("Named. Thank you: readers now know whom to write to."))
        return contact

    form = ContactForm(request.POST or None, owner=body, instance=_blank(body))
    return _form_page(request, form, save, body=body, kind="add")


@login_required
@require_http_methods(["GET", "POST"])
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what was mistyped or has changed; another person is a replacement."""
    contact = visible_contact(request, pk)
    require(request.user, "update", contact)

    def save(form: ContactForm) -> PointOfContact:
        saved = contact_update(
            by=request.user,
            contact=contact,
            values=form.values(),
            expected_version=form.cleaned_data["expected_version"],
        )
        messages.success(request, _("Saved, and verified today."))
        return saved

    form = ContactForm(request.POST or None, owner=contact.body, instance=copy.copy(contact))
    return _form_page(request, form, save, body=contact.body, kind="edit", contact=contact)


@login_required
@require_http_methods(["GET", "POST"])
def contact_replace_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Name a successor; the present contact ends the day before."""
    contact = visible_contact(request, pk)
    require(request.user, "replace", contact)

    def save(form: ContactForm) -> PointOfContact:
        successor = contact_replace(
            by=request.user,
            contact=contact,
            values=form.values(),
            expected_version=form.cleaned_data["expected_version"],
        )
        messages.success(request, _("Replaced. The former contact stays on record with its last day."))
        return successor

    initial = {
        "role": contact.role,
        "kind": contact.kind,
        "agency": contact.agency,
        "languages": contact.languages,
        "visibility": contact.visibility,
        "valid_from": timezone.localdate(),
        "expected_version": contact.version,
    }
    form = ContactForm(request.POST or None, owner=contact.body, instance=_blank(contact.body), initial=initial)
    form.fields["expected_version"].initial = contact.version
    return _form_page(request, form, save, body=contact.body, kind="replace", contact=contact)


@login_required
@require_http_methods(["GET", "POST"])
def contact_end_view(request: HttpRequest, pk: int) -> HttpResponse:
    """End a contact that has no successor, after saying what that means."""
    contact = visible_contact(request, pk)
    require(request.user, "end", contact)
    form = ContactEndForm(request.POST or None, initial=ContactEndForm.proposed_for(contact))
    if request.method == "POST" and form.is_valid():
        try:
            contact_end(by=request.user, contact=contact, **form.cleaned_data)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("Ended. It stays on record and is no longer shown as a contact."))
            return redirect(contact.body)
    context = {
        "kind": _("Point of contact"),
        "title": _("End %(contact)s") % {"contact": contact.name},
        "sentence": _("%(role)s of %(body)s") % {"role": contact.get_role_display(), "body": contact.body},
        "consequences": [
            _("After the last day members no longer find this contact."),
            _("Nothing is deleted: you, the experts and the secretariat still read who it was."),
            _("If somebody takes over, name the successor instead: the two are then linked."),
        ],
        "form": form,
        "submit": _("End contact"),
        "cancel_url": contact.get_absolute_url(),
        "danger": True,
    }
    return render(request, "partials/confirm.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def contact_verify_view(request: HttpRequest, pk: int) -> HttpResponse:
    """One press says that the contact is still the right one."""
    contact = visible_contact(request, pk)
    try:
        contact_verify(by=request.user, contact=contact)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Thank you. Readers now see that this contact was verified today."))
    return redirect(contact)


def visible_contact(request: HttpRequest, pk: int) -> PointOfContact:
    """The contact, or the same 404 as for one that does not exist."""
    rows = PointOfContact.objects.visible_to(request.user).select_related("organization", "state", "replaced_by")
    return get_object_or_404(rows, pk=pk)


def _visible_neighbour(request: HttpRequest, pk: int | None) -> PointOfContact | None:
    if not pk:
        return None
    found = PointOfContact.objects.visible_to(request.user).filter(pk=pk).first()
    return found and without_personal_fields(request.user, found)


def _blank(body: Organization | State) -> PointOfContact:
    return PointOfContact(**{"organization" if isinstance(body, Organization) else "state": body})


def _body_asked_for(request: HttpRequest) -> Organization | State | None:
    """`?organization=slug` or `?state=ISO3`; without either the only body whose contacts the person names."""
    if slug := request.GET.get("organization"):
        return get_object_or_404(Organization.objects.visible_to(request.user), slug=slug)
    if iso3 := request.GET.get("state"):
        return get_object_or_404(State.objects.visible_to(request.user), iso3=iso3)
    bodies = _bodies_of(request)
    if not bodies and not actor_for(request.user).is_secretariat:
        require(request.user, "create", PointOfContact())
        raise Http404
    return bodies[0] if len(bodies) == 1 else None


def _bodies_of(request: HttpRequest) -> list[Organization | State]:
    """Organizations and States whose contacts the person names as their focal point."""
    actor = actor_for(request.user)
    organizations = Organization.objects.filter(pk__in=actor.organizations.get(Role.FOCAL_POINT, ()))
    return [*organizations, *State.objects.filter(pk__in=actor.states)]


def _form_page(
    request: HttpRequest,
    form: ContactForm,
    save: Callable[[ContactForm], PointOfContact],
    **context: Any,
) -> HttpResponse:
    """Show the form, or save and go to the contact; what the service refuses comes back into the form."""
    conflict: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(save(form))
        except StaleVersion as problem:
            conflict = conflict_rows(form, problem)
        except ValidationError as problem:
            add_problem(form, problem)
    page = {"form": form, "conflict": conflict, "contact": None, **context}
    return render(request, "organizations/contact_form.html", page, status=422 if form.is_bound else 200)
