"""Tags of forms: whole forms, single fields, error summary, actions, coverage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


def _kind(bound: BoundField) -> str:
    if bound.is_hidden:
        return "hidden"
    if isinstance(bound.field.widget, forms.CheckboxInput):
        return "checkbox"
    return "group" if bound.use_fieldset else "control"


def _described_by(bound: BoundField, hint: Any) -> str:
    """Name the hint and the error of a field, in the order in which they are read out."""
    ids = [f"{bound.auto_id}_helptext"] if hint else []
    if bound.errors:
        ids.append(f"{bound.auto_id}_error")
    return " ".join(ids)


@register.simple_tag
def field(bound: BoundField, hint: Any = "", label: Any = "", width: str = "", say_optional: bool = True) -> SafeString:
    """A field with label, hint, error and control, wired together for screen readers."""
    kind = _kind(bound)
    if kind == "hidden":
        return SafeString(str(bound))
    hint = hint or bound.help_text
    described_by = _described_by(bound, hint)
    attrs: dict[str, str | bool] = {"aria-describedby": described_by} if described_by and kind != "group" else {}
    context = {
        "kind": kind,
        "id": bound.auto_id,
        "id_for_label": bound.id_for_label,
        "label": label or bound.label,
        "hint": hint,
        "errors": list(bound.errors),
        "control": bound.as_widget(attrs=attrs),
        "described_by": described_by,
        "is_optional": say_optional and not bound.field.required and kind != "checkbox",
        "width": width,
    }
    return render_to_string("partials/field.html", context)


def _field_errors(form: forms.BaseForm) -> Iterable[dict[str, Any]]:
    for error in form.non_field_errors():
        yield {"target": "", "label": "", "text": error}
    for bound in form:
        target = bound.auto_id if _kind(bound) != "hidden" else ""
        for error in bound.errors:
            yield {"target": target, "label": bound.label, "text": error}


@register.inclusion_tag("partials/error_summary.html")
def error_summary(*sources: Any) -> dict[str, Any]:
    """All errors of forms and formsets, each a link to its field; nothing while there are none."""
    errors: list[dict[str, Any]] = []
    for source in sources:
        if isinstance(source, BaseFormSet):
            errors.extend({"target": "", "label": "", "text": error} for error in source.non_form_errors())
            inner = list(source.forms)
        else:
            inner = [source]
        for form in inner:
            if form.is_bound and form.errors:
                errors.extend(_field_errors(form))
    return {"errors": errors}


@register.simple_tag
def hidden_fields(form: forms.BaseForm) -> SafeString:
    """The hidden fields of a form."""
    return SafeString("".join(str(bound) for bound in form.hidden_fields()))


def _actions(**options: Any) -> dict[str, Any]:
    defaults = {
        "submit": _("Save"),
        "name": "",
        "value": "",
        "second_submit": "",
        "second_name": "",
        "second_value": "",
        "cancel_url": "",
        "audience": "",
        "saved": "",
        "danger": False,
    }
    unknown = options.keys() - defaults.keys()
    if unknown:
        raise template.TemplateSyntaxError(f"Form actions do not know {', '.join(sorted(unknown))}.")
    return defaults | {name: value for name, value in options.items() if value not in ("", None)}


@register.inclusion_tag("partials/form_actions.html")
def form_actions(**options: Any) -> dict[str, Any]:
    """The bar with the buttons of a form, in reach while one scrolls."""
    return _actions(**options)


@register.inclusion_tag("partials/form.html", takes_context=True)
def render_form(context: template.Context, form: forms.BaseForm, action: str = "", **options: Any) -> dict[str, Any]:
    """A whole form: error summary, fields, who will read it, buttons."""
    return {
        "form": form,
        "action": action,
        "visible": form.visible_fields(),
        "is_multipart": form.is_multipart(),
        "options": _actions(**options),
        "csrf_token": context.get("csrf_token", ""),
    }


@register.inclusion_tag("partials/coverage_picker.html")
def coverage_picker(
    form: forms.BaseForm,
    scope: str = "is_global",
    groups: str = "regional_groups",
    organizations: str = "member_organizations",
    states: str = "states",
    covered: Any = "",
) -> dict[str, Any]:
    """Who an offer covers: every State, or any union of groups, members of organizations and single States."""
    parts = [form[name] for name in (groups, organizations, states) if name in form.fields]
    scope_field = form[scope]
    return {
        "scope": scope_field,
        "parts": parts,
        "covered": covered,
        "is_global": scope_field.value() in (True, "True", "true", "on", "1", "global"),
        "errors": list(scope_field.errors),
    }
