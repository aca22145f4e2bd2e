"""What every page of the admin shares: who sees which rows, who may change them, and how a change is written."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.forms.models import construct_instance
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.records.write import created, recorded

from .history import told

HISTORY_PER_PAGE = 25


class PortalAdminForm(forms.ModelForm):
    """A record's form: why it is changed, and which version the person saw.

    `refused` holds what the write said no to, after the form itself found nothing wrong.
    """

    refused: ValidationError | None = None

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Why you change this; kept in the record's history."),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "expected_version" in self.fields:
            self.fields["expected_version"].initial = getattr(self.instance, "version", None)

    def clean(self) -> dict[str, Any] | None:
        if self.refused is not None:
            raise _fitting(self.refused, self)
        expected = self.cleaned_data.get("expected_version")
        if self.instance.pk and expected is not None and expected != self.instance.version:
            raise ValidationError(self._changed_meanwhile(), code="stale")
        return super().clean()

    def _changed_meanwhile(self) -> list[str]:
        """Name what the record says now wherever that is not what was typed."""
        sentences = [
            gettext(
                "Somebody changed this record while you were editing it. Nothing of yours is saved yet. What it says "
                "now, where yours differs, stands below; save again to replace it."
            )
        ]
        for name in self.changed_data:
            if name in ("reason", "expected_version"):
                continue
            value = self.initial.get(name)
            if isinstance(value, list):
                value = ", ".join(str(item) for item in value)
            sentences.append(
                gettext("%(field)s: %(value)s") % {"field": self.fields[name].label, "value": value or gettext("empty")}
            )
        # The next save is meant for the version just shown.
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("expected_version")] = str(self.instance.version)
        self.data = data
        return sentences


def _fitting(problem: ValidationError, form: forms.BaseForm) -> ValidationError:
    """Keep errors beside the fields that the form has; the others stand above it."""
    if not hasattr(problem, "error_dict"):
        return problem
    fitting: dict[str, list[ValidationError]] = {}
    for name, errors in problem.error_dict.items():
        fitting.setdefault(name if name in form.fields else "__all__", []).extend(errors)
    return ValidationError(fitting)


class KeySelect(AutocompleteSelect):
    """The admin's search box for a foreign key; what is no key is an error of the field and not of the server."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if str(key).isdigit()], attr)


class _VisibleRelations:
    """Foreign keys and lists offer only what the person may read."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = KeySelect(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        queryset = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        if queryset is None:
            queryset = db_field.remote_field.model._default_manager.all()
        visible_to = getattr(queryset, "visible_to", None)
        return queryset if visible_to is None else visible_to(request.user)


class PortalModelAdmin(_VisibleRelations, admin.ModelAdmin):
    """Starts at what the person may read, asks the role table, writes with audit entry and change row.

    `audit_actions` names the actions of `audit/actions.py` for adding and changing. Where a service does more than
    save, override `writing`. Records end, they do not vanish: nothing is deleted here.
    """

    form = PortalAdminForm
    audit_actions: tuple[str, str] | None = None
    list_per_page = 50
    show_full_result_count = False
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    # Who sees and may do what

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """Rows that the person may read, in the list's order."""
        queryset = super().get_queryset(request)
        visible_to = getattr(queryset, "visible_to", None)
        return queryset if visible_to is None else visible_to(request.user)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; locked while a change is written, so that two people never overwrite each other unseen."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        return self.model._base_manager.select_for_update(of=("self",), no_key=True).get(pk=found.pk)

    def _has_perm(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}", obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_perm(request, "view", obj) or self._has_perm(request, "change", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.audit_actions is not None and self._has_perm(request, "change", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.audit_actions is not None and self._has_perm(request, "add")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A list is headed by what it lists."""
        title = str(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title[:1].upper() + title[1:], **(extra_context or {})})

    # How a change is written

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields, and last the reason and the version where something can be changed."""
        told_fields = ("reason", "expected_version")
        given = super().get_fieldsets(request, obj)
        may_write = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        if not may_write:
            return given
        fieldsets = []
        for name, options in given:
            kept = [field for field in options["fields"] if field not in told_fields]
            fieldsets.append((name, {**options, "fields": kept}))
        shown = ["reason"] if obj is None else list(told_fields)
        return [*fieldsets, (_("About this change"), {"fields": shown})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class: Any = super().get_form(request, obj, change=change, **kwargs)
        form_class.refused = getattr(request, "refused_write", None)
        return form_class

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form again, with what was typed, when the write itself finds something wrong."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as problem:
            request.refused_write = problem  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def writing(self, request: HttpRequest, form: Any, *, change: bool) -> AbstractContextManager[Any]:
        """The block in which the record, its relations and its inlines are written as one."""
        if self.audit_actions is None:
            raise PermissionDenied
        create_action, update_action = self.audit_actions
        reason = form.cleaned_data.get("reason", "")
        if not change:
            return created(form.instance, by=request.user, action=create_action, reason=reason)
        return recorded(form.instance, by=request.user, action=update_action, reason=reason)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: `save_related` writes the record and all that belongs to it in one block."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        with self.writing(request, form, change=change) as written:
            if written is not form.instance:
                construct_instance(form, written, fields=form.changed_data)
            form.save_m2m()
            for formset in formsets:
                self.save_formset(request, form, formset, change=change)
        if hasattr(written, "version"):
            form.instance.version = written.version

    # What happened before

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """The audit keeps what happened; Django's own log stays empty."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """See `log_addition`."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the audit knows of the record, newest first."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        entries = AuditEntry.objects.visible_to(request.user).about(obj)
        page = Paginator(entries, HISTORY_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History of %(record)s") % {"record": obj},
            "subtitle": None,
            "entries": [told(entry, self.model) for entry in page],
            "page": page,
            "object": obj,
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template or "admin/audit_history.html", context)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """The record's own page in the portal."""
        if obj is None or not hasattr(obj, "get_absolute_url"):
            return None
        return obj.get_absolute_url()


class PortalInline(_VisibleRelations, admin.StackedInline):
    """Rows that belong to a record: whoever may change the record may change them.

    Stacked, since the tabular form leaves its fields without labels for screen readers.
    """

    extra = 0
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def _may_change_parent(self, request: HttpRequest, parent: Any) -> bool:
        verb = "change" if parent is not None else "add"
        permission = f"{self.parent_model._meta.app_label}.{verb}_{self.parent_model._meta.model_name}"
        return request.user.has_perm(permission, parent)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        permission = f"{self.parent_model._meta.app_label}.view_{self.parent_model._meta.model_name}"
        return request.user.has_perm(permission, obj) or self._may_change_parent(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change_parent(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change_parent(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change_parent(request, obj)
