"""Writing a request: a focal point's draft, its later edits, and a request that an expert records."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cooperation_portal.access.policy import NotAllowed, require
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.interface.dates import in_words
from cooperation_portal.interface.refusals import add_problem
from cooperation_portal.records.languages import WorkingLanguage
from cooperation_portal.records.write import StaleVersion
from organizations.models import Organization, State

from ..forms.requests import (
    ExistingFormSet,
    NeedFormSet,
    RequestForm,
    RequestVocabulary,
    initial_existing,
    initial_needs,
    initial_of,
    own_requesters,
    requester_key,
)
from ..forms.rows import row_added, with_one_more_row
from ..models import AssistanceRequest, Need, WeaponType
from ..services.requests import (
    RequestValues,
    may_edit,
    request_create,
    request_record,
    request_update,
    values_of,
)

#: Empty rows on a new request, and on one that is edited.
SPARE_NEEDS, SPARE_ON_EDIT = 2, 1
PREFIXES = {"add_need": "needs", "add_existing": "existing"}


class Sheet:
    """The form of a request with its two sets of rows, unbound or bound to what was typed."""

    def __init__(
        self,
        http: HttpRequest,
        *,
        record: AssistanceRequest | None = None,
        requesters: dict[str, State | Organization] | None = None,
        is_recording: bool = False,
    ) -> None:
        self.http, self.record, self.is_recording = http, record, is_recording
        stored = values_of(record) if record else None
        self.vocabulary = RequestVocabulary(http.user, stored)
        self.options: dict[str, Any] = {"vocabulary": self.vocabulary, "requesters": requesters}
        # An expert gives no consent for a State: it is recorded on a page of its own, with its source.
        self.options["is_recording"] = is_recording
        self.options["gives_consent"] = not is_recording
        if http.method == "POST":
            self._bind(http.POST)
        else:
            self._show(stored)

    def _show(self, stored: RequestValues | None) -> None:
        initial = initial_of(stored) if stored else {}
        if self.record:
            initial["expected_version"] = self.record.version
        needs = initial_needs(stored) if stored else []
        existing = initial_existing(stored) if stored else []
        rows = {"form_kwargs": {"vocabulary": self.vocabulary}}
        self.form = self._form(initial=initial)
        self.needs = NeedFormSet(initial=needs, prefix="needs", **rows)
        self.needs.extra = SPARE_ON_EDIT if needs else SPARE_NEEDS
        self.existing = ExistingFormSet(initial=existing, prefix="existing", **rows)

    def _bind(self, data: Any) -> None:
        rows = {"form_kwargs": {"vocabulary": self.vocabulary}}
        self.form = self._form(data)
        self.needs = NeedFormSet(data, prefix="needs", **rows)
        self.existing = ExistingFormSet(data, prefix="existing", **rows)

    def _form(self, *args: Any, **kwargs: Any) -> RequestForm:
        form = RequestForm(*args, **kwargs, **self.options)
        form.fields["expected_version"].required = self.record is not None
        return form

    def add_row(self) -> bool:
        """Give the writer another row if that button was pressed; nothing is saved or complained about then."""
        pressed = next((name for name in PREFIXES if name in self.http.POST), None)
        if pressed is None:
            return False
        prefix = PREFIXES[pressed]
        defaults = {"priority": Need.Priority.MEDIUM.value} if prefix == "needs" else {}
        self._bind(with_one_more_row(self.http.POST, prefix, **defaults))
        rows, others = (self.needs, self.existing) if prefix == "needs" else (self.existing, self.needs)
        row_added(self.form, rows, others)
        return True

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.needs.is_valid(), self.existing.is_valid()])

    def values(self) -> RequestValues:
        return self.form.values(self.needs.values(), self.existing.values())

    def refuse(self, problem: ValidationError) -> None:
        """Put what the service refused beside its field or above its rows."""
        if not hasattr(problem, "error_dict"):
            return add_problem(self.form, problem)
        by_field = dict(problem.error_dict)
        for name, rows in (("needs", self.needs), ("existing_assistance", self.existing)):
            rows.non_form_errors().extend(by_field.pop(name, []))
        return add_problem(self.form, ValidationError(by_field)) if by_field else None

    def meet(self, problem: StaleVersion) -> dict[str, Any]:
        """Bind again to the version that is stored now; give yours and theirs for comparison."""
        yours = self.values()
        data = self.http.POST.copy()
        data["expected_version"] = str(problem.current.version)
        self._bind(data)
        last = AuditEntry.objects.about(problem.current).first()
        return {
            "rows": compared(yours, values_of(problem.current), is_recording=self.is_recording),
            "by": last.actor_label if last else "",
            "at": last.at if last else None,
        }


def compared(yours: RequestValues, theirs: RequestValues, *, is_recording: bool) -> list[dict[str, Any]]:
    """The rows of the `conflict` part."""
    left, right = told(yours, is_recording=is_recording), told(theirs, is_recording=is_recording)
    return [{"label": label, "left": text, "right": right[label]} for label, text in left.items()]


def told(values: RequestValues, *, is_recording: bool) -> dict[str, Any]:
    """What a request says, field by field in words."""
    needs = [
        _("%(area)s, %(priority)s. %(types)s %(detail)s")
        % {
            "area": row.area,
            "priority": Need.Priority(row.priority).label,
            "types": ", ".join(str(kind) for kind in row.types),
            "detail": row.detail,
        }
        for row in values.needs
    ]
    existing = [f"{row.organization}: {row.area} {in_words(row.until)}" for row in values.existing_assistance]
    fields = {
        _("Title"): values.title,
        _("Description"): values.description,
        _("Needs"): needs,
        _("Weapon types"): [str(WeaponType(value).label) for value in values.weapon_types],
        _("Languages"): [str(WorkingLanguage(value).label) for value in values.languages],
        _("Needed from"): values.needed_from or "",
        _("Needed by"): values.needed_by or "",
        _("Preferred providers"): sorted(row.acronym for row in values.preferred_providers),
        _("Declined providers"): sorted(row.acronym for row in values.declined_providers),
        _("Help already running"): existing,
        _("How it reaches the Committee"): str(AssistanceRequest.Origin(values.origin).label),
        _("Document reference"): values.document_reference,
        _("Public summary"): values.public_summary,
    }
    if is_recording:
        fields[_("Received on")] = values.received_on or ""
    elif values.has_consent is not None:
        fields[_("Consent to the summary")] = values.has_consent
    return fields


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_new(request: HttpRequest) -> HttpResponse:
    """Draft a request for one's own State or organization."""
    require(request.user, "create", AssistanceRequest)
    requesters = own_requesters(request.user)
    sheet = Sheet(request, requesters=requesters)
    if request.method == "POST" and not sheet.add_row() and sheet.is_valid():
        try:
            record = request_create(by=request.user, requester=sheet.form.chosen_requester(), values=sheet.values())
        except ValidationError as problem:
            sheet.refuse(problem)
        else:
            return _saved(request, record)
    return _page(request, sheet, requester=next(iter(requesters.values())) if len(requesters) == 1 else "")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Edit a draft or a request that still may be edited."""
    readable = AssistanceRequest.objects.visible_to(request.user).select_related("state", "organization")
    record = get_object_or_404(readable, reference=reference)
    if not may_edit(request.user, record):
        raise NotAllowed("update", "request")
    is_recording = _records(request.user, record)
    sheet = Sheet(request, record=record, is_recording=is_recording)
    conflict = None
    if request.method == "POST" and not sheet.add_row() and sheet.is_valid():
        try:
            saved = request_update(
                by=request.user,
                request=record,
                values=sheet.values(),
                expected_version=sheet.form.cleaned_data["expected_version"],
            )
        except StaleVersion as problem:
            conflict = sheet.meet(problem)
        except ValidationError as problem:
            sheet.refuse(problem)
        else:
            return _saved(request, saved)
    return _page(request, sheet, requester=record.requester, record=record, conflict=conflict)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_record_new(request: HttpRequest) -> HttpResponse:
    """Record a request that reached the Committee outside the portal."""
    require(request.user, "record", AssistanceRequest)
    everyone: list[State | Organization] = [
        *State.objects.visible_to(request.user),
        *Organization.objects.visible_to(request.user).in_good_standing(),
    ]
    sheet = Sheet(request, requesters={requester_key(row): row for row in everyone}, is_recording=True)
    if request.method == "POST" and not sheet.add_row() and sheet.is_valid():
        try:
            record = request_record(by=request.user, requester=sheet.form.chosen_requester(), values=sheet.values())
        except ValidationError as problem:
            sheet.refuse(problem)
        else:
            messages.success(request, _("The request was recorded and stands in the procedure."))
            return redirect(record)
    return _page(request, sheet)


def _records(user: Any, record: AssistanceRequest) -> bool:
    """Whether the person edits as an expert or the secretariat, and not for the requester."""
    return requester_key(record.requester) not in own_requesters(user)


def _saved(request: HttpRequest, record: AssistanceRequest) -> HttpResponse:
    if record.is_draft and "submit" in request.POST:
        return redirect("assistance:request_transition", record.reference, "submit")
    messages.success(request, _("The draft was saved.") if record.is_draft else _("The changes were saved."))
    return redirect(record)


def _page(
    request: HttpRequest,
    sheet: Sheet,
    *,
    requester: Any = "",
    record: AssistanceRequest | None = None,
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:
    has_errors = any(sheet.form.errors.values()) if sheet.form.is_bound else False
    has_errors = has_errors or any(
        any(row.errors for row in rows.forms) or rows.non_form_errors()
        for rows in (sheet.needs, sheet.existing)
        if rows.is_bound
    )
    context = {
        "form": sheet.form,
        "needs": sheet.needs,
        "existing": sheet.existing,
        "record": record,
        "requester": requester,
        "is_recording": sheet.is_recording,
        "is_draft": record.is_draft if record else not sheet.is_recording,
        "conflict": conflict,
    }
    status = 409 if conflict else 422 if has_errors else 200
    return render(request, "assistance/request_form.html", context, status=status)
