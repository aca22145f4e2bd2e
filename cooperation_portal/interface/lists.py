"""What every list page does: filter, sort, page, and say so when it is asked for something it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .forms import PlainMessages

PER_PAGE = 25
NOT_IN_LIST = gettext_lazy("This is not in the list. Choose one of those shown.")
#: Parameters of every list that are no filters.
SORT, PAGE, DOWNLOAD = "sort", "page", "download"


class FilterForm(PlainMessages, forms.Form):
    """The form of a filter set (`Meta.form`); a value outside a list is said to be so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if "invalid_choice" in field.error_messages:
                field.error_messages["invalid_choice"] = NOT_IN_LIST


@dataclass(frozen=True)
class Listing:
    """One page of a list and the filters in force; `rows` is the whole filtered list in order.

    `download` names the file in which the list is wanted, in place of a page; it is empty where a filter is wrong.
    """

    filter: Any
    rows: QuerySet
    page: Page
    download: str = ""


def listing(
    request: HttpRequest,
    filter_set: Any,
    *,
    sorts: Mapping[str, Sequence[Any]],
    default: str,
    per_page: int = PER_PAGE,
    downloads: Sequence[str] = (),
) -> Listing:
    """Filter, sort and page.

    `sorts` maps a column's key to what its ascending order is; `-key` turns the first of them round. A filter value or
    a parameter that is not known shows an error on the filter form and an empty list: a list that ignores a filter
    shows what was not asked for. `downloads` are the endings of the files that the list offers.
    """
    form = filter_set.form
    is_valid = form.is_valid()
    for name in unknown_parameters(request, filter_set, (DOWNLOAD,) if downloads else ()):
        form.add_error(None, _("This list has no filter “%(name)s”. Remove it from the address.") % {"name": name})
        is_valid = False
    wanted = request.GET.get(SORT) or default
    if wanted.removeprefix("-") not in sorts:
        form.add_error(None, _("This list cannot be sorted by “%(name)s”.") % {"name": wanted})
        is_valid, wanted = False, default
    download = request.GET.get(DOWNLOAD, "")
    if download and download not in downloads:
        form.add_error(None, _("This list cannot be downloaded as “%(name)s”.") % {"name": download})
        is_valid = False
    rows = filter_set.qs if is_valid else filter_set.queryset.none()
    rows = rows.order_by(*_order(sorts[wanted.removeprefix("-")], reverse=wanted.startswith("-")))
    page = Paginator(rows, per_page).get_page(request.GET.get(PAGE))
    return Listing(filter_set, rows, page, download if is_valid else "")


def unknown_parameters(request: HttpRequest, filter_set: Any, others: Sequence[str] = ()) -> list[str]:
    """Parameters of the address that the list does not know."""
    known = {bound.html_name for bound in filter_set.form} | {SORT, PAGE, *others}
    return sorted(set(request.GET) - known)


def _order(terms: Sequence[Any], *, reverse: bool) -> list[Any]:
    first, *others = terms
    if reverse and hasattr(first, "desc"):
        first = first.desc(nulls_last=True)
    elif hasattr(first, "asc"):
        first = first.asc(nulls_last=True)
    elif reverse:
        first = f"-{first}"
    return [first, *others]
