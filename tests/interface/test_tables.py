"""Sorting, filters and pages keep what else the address holds."""

import re

import pytest
from django import forms
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, Template

from cooperation_portal.interface.tags.tables import query_with
from cooperation_portal.interface.widgets import DayInput


class Filters(forms.Form):
    q = forms.CharField(label="Words", required=False)
    status = forms.MultipleChoiceField(
        label="Status", choices=[("planned", "Planned"), ("ongoing", "Ongoing")], required=False
    )
    after = forms.DateField(label="Ends after", widget=DayInput, required=False)
    open_only = forms.BooleanField(label="Open only", required=False)


@pytest.fixture
def page_for(rf):
    def page(source: str, address: str = "/", **context) -> str:
        request = rf.get(address)
        context |= {"request": request, "form": Filters(request.GET)}
        return Template("{% load interface %}" + source).render(Context(context))

    return page


def links(html: str) -> list[str]:
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*)"', html)]


def test_query_keeps_what_is_not_changed():
    assert query_with(QueryDict("a=1&a=2&page=3"), page=None, b="x") == "?a=1&a=2&b=x"


def test_column_sorts_up_then_down_and_starts_at_the_first_page(page_for):
    tag = "{% sort_header 'Title' 'title' %}"
    assert links(page_for(tag, "/?q=x&page=4")) == ["?q=x&sort=title"]
    html = page_for(tag, "/?sort=title")
    assert links(html) == ["?sort=-title"]
    assert 'aria-sort="ascending"' in html
    assert 'aria-sort="descending"' in page_for(tag, "/?sort=-title")


def test_column_of_the_default_order_is_marked_without_a_query(page_for):
    html = page_for("{% sort_header 'End' 'end' default='-' %}")
    assert 'aria-sort="descending"' in html
    assert links(html) == ["?sort=end"]


def test_each_filter_in_force_can_be_removed_alone(page_for):
    html = page_for("{% applied_filters form %}", "/?q=customs&status=planned&status=ongoing&sort=end&page=2")
    assert links(html) == [
        "?status=planned&status=ongoing&sort=end&q=customs".replace("&q=customs", ""),
        "?q=customs&status=ongoing&sort=end",
        "?q=customs&status=planned&sort=end",
        "?sort=end",
    ]
    assert "Planned" in html
    assert "Ongoing" in html


def test_filters_in_force_are_told_in_words(page_for):
    html = page_for("{% applied_filters form %}", "/?after=2027-03-12&open_only=on")
    assert "12 March 2027" in html
    assert "Open only" in html
    assert ">on<" not in html


def test_a_filter_that_is_wrong_is_not_in_force(page_for):
    assert "Ends after" not in page_for("{% applied_filters form %}", "/?after=soon")


def test_rare_filters_fold_and_open_when_in_force(page_for):
    tag = "{% filter_form form main='q' %}"
    assert not re.search(r"<details[^>]* open", page_for(tag, "/?q=x"))
    assert re.search(r"<details[^>]* open", page_for(tag, "/?status=planned"))


def test_pager_numbers_pages_and_keeps_the_filters(page_for):
    page = Paginator(range(100), 10).page(2)
    html = page_for("{% pager page %}", "/?q=x&page=2", page=page)
    assert links(html)[0] == "?q=x&page=1"
    assert links(html)[-1] == "?q=x&page=3"
    assert 'aria-current="page"' in html


def test_a_single_page_has_no_pager(page_for):
    assert page_for("{% pager page %}", page=Paginator(range(3), 10).page(1)).strip() == ""


def test_keyset_pager_offers_only_what_there_is(page_for):
    assert links(page_for("{% keyset_pager None 'abc' %}")) == ["?cursor=abc"]
