"""The information sheet: what 1540-relevant information an organization holds, and on what terms it shares it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import require
from cooperation_portal.records.write import StaleVersion, created, recorded

from ..models import InformationItem, InformationSheet, Organization

SHEET_LEVELS = (Level.PUBLIC, Level.NETWORK, Level.COMMITTEE)
MAX_ITEMS = 40


def sheet_save(
    *,
    by: Any,
    organization: Organization,
    summary: str,
    visibility: str,
    items: Sequence[dict[str, Any]],
    expected_version: int | None = None,
) -> InformationSheet:
    """Write an organization's sheet with all its items (`kind`, `description`, `terms`); the first save starts a draft.

    What is published stays published and counts as confirmed today. Raises `StaleVersion`, also where no version is
    given and somebody has begun the sheet meanwhile, and `ValidationError`.
    """
    if visibility not in SHEET_LEVELS:
        raise ValidationError({"visibility": _("Choose who may read the sheet: public, network or Committee.")})
    if len(items) > MAX_ITEMS:
        raise ValidationError(_("A sheet has room for %(limit)d kinds of information."), params={"limit": MAX_ITEMS})
    sheet = InformationSheet.objects.filter(organization=organization).first()
    if sheet is None:
        sheet = InformationSheet(organization=organization, summary=summary, visibility=visibility)
        require(by, "create", sheet)
        with created(sheet, by=by, action="information_sheet.created"):
            _write_items(sheet, items)
        return sheet
    require(by, "update", sheet)
    if not InformationSheet.objects.visible_to(by).filter(pk=sheet.pk).exists():
        raise ValidationError(_("The organization has begun a draft of its own, which only it can write."))
    if expected_version is None:
        raise StaleVersion(sheet)
    with recorded(sheet, by=by, action="information_sheet.updated", expected_version=expected_version) as sheet:
        sheet.summary = summary
        sheet.visibility = visibility
        if sheet.status == InformationSheet.Status.PUBLISHED:
            sheet.confirmed_on = timezone.localdate()
        _write_items(sheet, items)
    return sheet


def sheet_publish(*, by: Any, sheet: InformationSheet, expected_version: int | None = None) -> InformationSheet:
    """Show the sheet to its readers; publishing again confirms that it is still true."""
    require(by, "publish", sheet)
    with recorded(
        sheet, by=by, action="information_sheet.published", expected_version=expected_version, clean=False
    ) as sheet:
        if not sheet.items.exists():
            raise ValidationError(_("Name at least one kind of information before you publish the sheet."))
        sheet.status = InformationSheet.Status.PUBLISHED
        sheet.confirmed_on = timezone.localdate()
    return sheet


def _write_items(sheet: InformationSheet, items: Sequence[dict[str, Any]]) -> None:
    sheet.items.all().delete()
    rows = [InformationItem(sheet=sheet, **item) for item in items]
    for row in rows:
        row.full_clean(exclude=["sheet"])
    InformationItem.objects.bulk_create(rows)
