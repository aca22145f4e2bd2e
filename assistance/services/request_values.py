"""What people write into a request, checked and stored: needs and help already running by row, the rest by field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization

from ..models import Area, AssistanceRequest, AssistanceType, ExistingAssistance, Need

MAX_NEEDS = 30
MAX_EXISTING = 30


@dataclass(frozen=True, slots=True)
class NeedValues:
    """One need: an area, the forms of help wanted, and how urgent it is."""

    area: Area
    types: tuple[AssistanceType, ...] = ()
    priority: str = Need.Priority.MEDIUM
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ExistingValues:
    """Help that the requester already receives."""

    organization: Organization
    area: Area
    until: date | None = None


@dataclass(frozen=True, slots=True)
class RequestValues:
    """All that a form or a client writes. `received_on` counts only from those who record requests; `has_consent` None
    leaves the consent to the public summary as it is.
    """

    title: str
    description: str = ""
    public_summary: str = ""
    has_consent: bool | None = None
    weapon_types: Sequence[str] = ()
    languages: Sequence[str] = ()
    needed_from: date | None = None
    needed_by: date | None = None
    preferred_providers: Collection[Organization] = ()
    declined_providers: Collection[Organization] = ()
    origin: str = AssistanceRequest.Origin.TEMPLATE
    document_reference: str = ""
    received_on: date | None = None
    needs: Sequence[NeedValues] = ()
    existing_assistance: Sequence[ExistingValues] = ()


#: Stored as they are, text without surrounding blanks.
PLAIN_FIELDS = (
    "title",
    "description",
    "public_summary",
    "weapon_types",
    "languages",
    "needed_from",
    "needed_by",
    "origin",
    "document_reference",
)


def values_of(request: AssistanceRequest) -> RequestValues:
    """What a stored request says, in the form in which it is written."""
    return RequestValues(
        **{name: getattr(request, name) for name in PLAIN_FIELDS},
        has_consent=request.summary_consent_on is not None,
        received_on=request.received_on,
        preferred_providers=tuple(request.preferred_providers.all()),
        declined_providers=tuple(request.declined_providers.all()),
        needs=tuple(
            NeedValues(need.area, tuple(need.types.all()), need.priority, need.detail)
            for need in request.needs.select_related("area").prefetch_related("types")
        ),
        existing_assistance=tuple(
            ExistingValues(row.organization, row.area, row.until)
            for row in request.existing_assistance.select_related("organization", "area")
        ),
    )


def check_values(values: RequestValues, *, is_complete: bool) -> None:
    """Raise `ValidationError` with sentences by field; `is_complete` asks for what a submitted request needs."""
    problems: dict[str, list[Any]] = {}
    found = [*_field_problems(values), *_row_problems(values), *(_gaps(values) if is_complete else ())]
    for name, sentence in found:
        problems.setdefault(name, []).append(sentence)
    if problems:
        raise ValidationError(problems)


Problem = tuple[str, Any]


def _field_problems(values: RequestValues) -> Iterator[Problem]:
    if not values.title.strip():
        yield "title", _("Give the request a title.")
    for name in ("title", "description", "public_summary", "document_reference"):
        limit = getattr(AssistanceRequest._meta.get_field(name), "max_length", None)
        if limit is not None and len(getattr(values, name)) > limit:
            yield name, _("Shorten this to %(limit)d characters.") % {"limit": limit}
    if values.needed_from and values.needed_by and values.needed_by < values.needed_from:
        yield "needed_by", _("The end is before the start. Check both dates.")
    if values.received_on and values.received_on > timezone.localdate():
        yield "received_on", _("This date is in the future. Give the day on which the request was received.")
    both = {row.acronym for row in values.preferred_providers} & {row.acronym for row in values.declined_providers}
    if both:
        names = ", ".join(sorted(both))
        yield "declined_providers", _("Preferred and declined at once: %(names)s. Choose one.") % {"names": names}


def _row_problems(values: RequestValues) -> Iterator[Problem]:
    if len(values.needs) > MAX_NEEDS:
        yield (
            "needs",
            _("A request holds at most %(limit)d needs. Send the others as a second one.") % {"limit": MAX_NEEDS},
        )
    if len(values.existing_assistance) > MAX_EXISTING:
        yield "existing_assistance", _("List at most %(limit)d rows.") % {"limit": MAX_EXISTING}
    for area in _repeated(row.area for row in values.needs):
        yield "needs", _("%(area)s is named twice. Put both needs into one row.") % {"area": area}
    for provider, area in _repeated((row.organization, row.area) for row in values.existing_assistance):
        yield (
            "existing_assistance",
            _("%(provider)s with %(area)s is listed twice.")
            % {
                "provider": provider,
                "area": area,
            },
        )


def _gaps(values: RequestValues) -> Iterator[Problem]:
    if not values.description.strip():
        yield "description", _("Say what is needed: only a draft may lack a description.")
    if not values.needs:
        yield "needs", _("Name at least one need: choose its area.")


def _repeated(keys: Iterable[Any]) -> list[Any]:
    seen: list[Any] = []
    repeated: list[Any] = []
    for key in keys:
        (repeated if key in seen and key not in repeated else seen).append(key)
    return repeated


def write_fields(request: AssistanceRequest, values: RequestValues) -> None:
    """Put the plain fields on the instance; the caller saves."""
    for name in PLAIN_FIELDS:
        value = getattr(values, name)
        if isinstance(value, str):
            value = value.strip()
        elif name in ("weapon_types", "languages"):
            value = list(value)
        setattr(request, name, value)


def write_relations(request: AssistanceRequest, values: RequestValues) -> None:
    """Store needs, help already running and providers. A need keeps its row as long as its area stays."""
    request.preferred_providers.set(values.preferred_providers)
    request.declined_providers.set(values.declined_providers)
    stored = {need.area_id: need for need in request.needs.all()}
    request.needs.exclude(area__in=[row.area for row in values.needs]).delete()
    for position, row in enumerate(values.needs):
        need = stored.get(row.area.pk) or Need(request=request, area=row.area)
        need.priority, need.detail, need.position = row.priority, row.detail.strip(), position
        _clean_row(need, "needs")
        need.save()
        need.types.set(row.types)
    request.existing_assistance.all().delete()
    for existing in values.existing_assistance:
        entry = ExistingAssistance(
            request=request, organization=existing.organization, area=existing.area, until=existing.until
        )
        _clean_row(entry, "existing_assistance")
        entry.save()


def _clean_row(row: Need | ExistingAssistance, name: str) -> None:
    try:
        row.full_clean()
    except ValidationError as problem:
        raise ValidationError({name: problem.messages}) from problem
