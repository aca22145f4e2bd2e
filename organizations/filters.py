"""Filters of the lists of organizations and contacts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.contacts import readable_in_full_q
from cooperation_portal.interface.dates import STALE_AFTER, VERY_STALE_AFTER
from cooperation_portal.interface.lists import FilterForm
from cooperation_portal.records.languages import WorkingLanguage

from .models import Organization, PointOfContact, State
from .models.states import RegionalGroup


class OrganizationFilter(django_filters.FilterSet):
    """By words, category, region of the members, and whether the reader can see a point of contact."""

    class Contact:
        NAMED, MISSING, ASKED = "named", "missing", "asked"

    q = django_filters.CharFilter(label=_("Name or acronym"), method="search", max_length=100)
    category = django_filters.ChoiceFilter(
        label=_("Category"), choices=Organization.Category.choices, empty_label=_("All categories")
    )
    region = django_filters.ChoiceFilter(
        label=_("Has members in"), choices=RegionalGroup.choices, method="with_members_in", empty_label=_("Any region")
    )
    contact = django_filters.ChoiceFilter(
        label=_("Point of contact (OP 24)"),
        choices=[(Contact.NAMED, _("Named")), (Contact.MISSING, _("None that you can see"))],
        method="by_contact",
        empty_label=_("With and without"),
    )

    class Meta:
        model = Organization
        form = FilterForm
        fields = ["q", "category", "region", "contact"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if actor_for(self.request.user).is_committee:
            # Only who reads every contact can tell that there is none.
            asked = (self.Contact.ASKED, _("No coordinator named although OP 24 asks for one"))
            self.filters["contact"].extra["choices"] = [*self.filters["contact"].extra["choices"], asked]

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(Q(acronym__icontains=value) | Q(name__icontains=value))

    def with_members_in(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        members = self.queryset.model.members.through.objects.filter(
            organization=OuterRef("pk"), status="member", state__regional_group=value
        )
        return queryset.filter(Exists(members))

    def by_contact(self, queryset: Any, name: str, value: str) -> Any:
        if value == self.Contact.ASKED:
            return queryset.without_coordinator()
        named = visible_current_contacts(self.request.user).filter(organization=OuterRef("pk"))
        return queryset.filter(Exists(named) if value == self.Contact.NAMED else ~Exists(named))


def visible_current_contacts(who: Any) -> QuerySet[PointOfContact]:
    """Contacts in office that `who` may read."""
    return PointOfContact.objects.visible_to(who).current()


class ContactFilter(django_filters.FilterSet):
    """By words, role, body, language, and how long ago somebody verified the contact."""

    class Freshness:
        STALE, VERY_STALE, ENDED = "stale", "very_stale", "ended"

    q = django_filters.CharFilter(label=_("Name, agency or body"), method="search", max_length=100)
    role = django_filters.ChoiceFilter(
        label=_("Role"), choices=PointOfContact.ContactRole.choices, empty_label=_("All roles")
    )
    organization = django_filters.ModelChoiceFilter(
        label=_("Organization"),
        queryset=Organization.objects.all(),
        to_field_name="acronym",
        empty_label=_("All organizations"),
    )
    state = django_filters.ModelChoiceFilter(
        label=_("State"), queryset=State.objects.all(), to_field_name="iso3", empty_label=_("All States")
    )
    language = django_filters.ChoiceFilter(
        label=_("Language"), choices=WorkingLanguage.choices, method="speaking", empty_label=_("Any language")
    )
    verified = django_filters.ChoiceFilter(
        label=_("Shown"),
        choices=[
            (Freshness.STALE, _("Not verified for 6 months")),
            (Freshness.VERY_STALE, _("Not verified for 12 months")),
            (Freshness.ENDED, _("Ended")),
        ],
        method="by_freshness",
        empty_label=_("All in office"),
    )

    class Meta:
        model = PointOfContact
        form = FilterForm
        fields = ["q", "role", "organization", "state", "language", "verified"]

    def filter_queryset(self, queryset: Any) -> Any:
        """Only contacts in office, unless the ended ones are asked for."""
        if self.form.cleaned_data.get("verified") != self.Freshness.ENDED:
            queryset = queryset.current()
        return super().filter_queryset(queryset)

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        personal = Q(name__icontains=value) | Q(job_title__icontains=value)
        return queryset.filter(
            (personal & readable_in_full_q(self.request.user))
            | Q(agency__icontains=value)
            | Q(organization__acronym__icontains=value)
            | Q(organization__name__icontains=value)
            | Q(state__name_en__icontains=value)
        )

    def speaking(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(languages__contains=[value])

    def by_freshness(self, queryset: Any, name: str, value: str) -> Any:
        today = timezone.localdate()
        if value == self.Freshness.ENDED:
            return queryset.filter(valid_until__lt=today)
        days = VERY_STALE_AFTER if value == self.Freshness.VERY_STALE else STALE_AFTER
        return queryset.not_verified_since(today - timedelta(days=days))
