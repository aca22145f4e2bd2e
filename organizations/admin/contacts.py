"""Points of contact, with personal fields as the reader may read them."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.contacts import without_personal_fields
from cooperation_portal.administration.base import PortalModelAdmin

from ..forms.contacts import ContactForm
from ..models import PointOfContact
from ..services.contacts import CONTACT_FIELDS, contact_create, contact_update
from .filters import BodyFilter, TermFilter


class ReadableContacts(ChangeList):
    """The rows of a page, with personal fields as the reader may read them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = [without_personal_fields(request.user, contact) for contact in self.result_list]


@admin.register(PointOfContact)
class PointOfContactAdmin(PortalModelAdmin):
    """Named and corrected here; ended and replaced on the contact's own page."""

    audit_actions = ("contact.created", "contact.updated")
    list_display = ["shown_name", "body", "role", "kind", "visibility", "verified_on", "valid_until"]
    list_filter = [TermFilter, "role", "kind", "visibility", BodyFilter]
    list_select_related = ["organization", "state"]
    autocomplete_fields = ["organization", "state"]
    search_fields = ["agency", "organization__acronym", "organization__name", "state__name_en"]
    fieldsets = [
        (_("Of"), {"fields": ["organization", "state"]}),
        (_("Who it is"), {"fields": ["kind", "role", "name", "job_title", "agency"]}),
        (_("How to reach them"), {"fields": ["email", "phone", "languages"]}),
        (_("Readers and term"), {"fields": ["visibility", "valid_from", "valid_until", "verified_on", "source"]}),
    ]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Names are searched only by those who read every name, ended contacts' included."""
        actor = actor_for(request.user)
        personal = ["name", "email"] if actor.is_expert or actor.is_secretariat else []
        return [*personal, *self.search_fields]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReadableContacts

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        return found if found is None or request.method == "POST" else without_personal_fields(request.user, found)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A contact never changes hands, and its end is set with its reason on its own page."""
        fixed = ["valid_until", "verified_on"]
        return fixed if obj is None else ["organization", "state", *fixed]

    @admin.display(description=_("name"))
    def shown_name(self, contact: PointOfContact) -> str:
        return contact.name or str(_("Former contact"))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "languages":
            return ContactForm.base_fields["languages"]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def writing(self, request: HttpRequest, form: Any, *, change: bool) -> AbstractContextManager[Any]:
        values = {name: form.cleaned_data[name] for name in CONTACT_FIELDS if name in form.cleaned_data}
        return _through_service(request.user, form.instance, values, change=change)


@contextmanager
def _through_service(user: Any, contact: PointOfContact, values: dict[str, Any], *, change: bool) -> Any:
    if change:
        yield contact_update(by=user, contact=contact, values=values)
        return
    created = contact_create(by=user, body=contact.body, values=values)
    contact.pk = created.pk
    yield created
