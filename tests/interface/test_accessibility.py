"""A real browser looks at every part on one page: axe finds nothing, nothing is wider than a phone, forms work."""

from __future__ import annotations

import datetime
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import RequestContext, Template
from django.utils import translation

from cooperation_portal.interface import tiles, widgets

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "static"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TODAY = datetime.date(2027, 3, 12)

PAGE = """{% extends "base.html" %}{% load i18n interface %}
{% block title %}Parts{% endblock %}{% block head_kind %}Interface{% endblock %}{% block heading %}Parts{% endblock %}
{% block reference %}REF-1{% endblock %}{% block status %}{% chip "Ongoing" "good" %} {% clock day %}{% endblock %}
{% block audience %}{% visibility_badge "committee" owner="CICTE" %}{% endblock %}
{% block actions %}<a class="button button--primary" href="#x">Edit</a>{% post_button "/x/" "Suspend" %}{% endblock %}
{% block content %}
{% page_links links %}
{% for tone in tones %}{% chip tone tone %}
{% notice tone title=tone %}<p>Text <a href="#x">link</a></p>{% endnotice %}{% endfor %}
<h2>Score</h2>{% score_bar parts label="Fit" %}{% score_bar parts compact=True %}
<h2>Needs</h2><ul class="needs">{% need_row area="Borders" code="BOR" types=words priority="High" met_by=met %}
{% need_row area="Law" types=words priority="Low" %}</ul>
<h2>Steps</h2>{% steps steps %}<h2>Tasks</h2>{% task_list tasks %}
<h2>Figures</h2>{% figures figures %}{% bar_table figures "By area" "Area" "Number" %}
<h2>States</h2>{% tile_grid grid %}
<h2>History</h2>{% history entries %}<h2>Comparison</h2>{% comparison rows "One" "Other" %}{% conflict rows by="X" %}
{% empty_state "Nothing yet" "Begin." action_label="Begin" action_url="#x" %}
<h2>List</h2>{% filter_form filters main="q" %}{% result_count "3 programmes" %}{% applied_filters filters %}
<table class="table"><caption>List</caption>
<thead><tr>{% sort_header "Title" "title" %}<th scope="col">End</th></tr></thead>
<tbody><tr><th scope="row"><a href="#x">A</a></th><td data-label="End">{{ day|day }}</td></tr></tbody></table>
{% pager page %}{% downloads files %}
<h2>Form</h2>{% render_form form submit="Save" cancel_url="#x" audience="Anyone will be able to read this." %}
{% coverage_picker coverage %}
<div class="prose">{{ text|prose }}</div>
{% endblock %}
{% block aside %}<dl class="facts">{% fact "State" "Peru" url="#x" %}{% fact "Languages" words %}</dl>{% endblock %}
"""


class Filters(forms.Form):
    q = forms.CharField(label="Words", required=False)
    status = forms.ChoiceField(label="Status", choices=[("", "Any"), ("a", "A")], required=False)


class Everything(forms.Form):
    title = forms.CharField(help_text="As it is called.")
    text = forms.CharField(widget=forms.Textarea)
    day = forms.DateField(widget=widgets.DayInput)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    types = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple)
    agreed = forms.BooleanField(label="I agree", help_text="Needed.")
    areas = forms.MultipleChoiceField(choices=[(str(n), f"Area {n}") for n in range(20)], widget=widgets.AreaTreeWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = [SimpleNamespace(pk=str(n), parent_id=None if n % 5 == 0 else str(n // 5 * 5)) for n in range(20)]
        for row in rows:
            row.code, row.label = f"A{row.pk}", f"Area {row.pk}"
        self.fields["areas"].widget.tree = widgets.area_tree(rows, label=lambda row: row.label)


class Coverage(forms.Form):
    is_global = forms.ChoiceField(choices=[("True", "Every State"), ("False", "Selected")], widget=forms.RadioSelect)
    regional_groups = forms.MultipleChoiceField(
        choices=[("1", "Group one"), ("2", "Group two")], widget=widgets.CoverageCheckboxes, required=False
    )
    states = forms.MultipleChoiceField(
        choices=[("Group one", [("PER", "Peru"), ("CHL", "Chile")])], widget=widgets.CoverageCheckboxes, required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["regional_groups"].widget.members = {"1": ["PER", "CHL"], "2": ["CHN"]}
        self.fields["states"].widget.members = {"PER": ["PER"], "CHL": ["CHL"]}


def context(rf) -> dict:
    request = rf.get("/?q=customs")
    request.user = AnonymousUser()
    form = Everything({"areas": ["3"]})
    filters = Filters(request.GET)
    return {
        "request": request,
        "user": request.user,
        "day": TODAY,
        "links": [("Overview", "/"), ("People", "/people/")],
        "tones": ["neutral", "information", "good", "attention", "problem"],
        "parts": [
            {"label": "Needs", "points": 0.3, "maximum": 0.4, "sentence": "Two of three."},
            {"label": "Overlap", "points": -0.04, "maximum": 0.1, "sentence": "Helped already."},
        ],
        "words": ["Training", "Equipment"],
        "met": [{"label": "Course", "url": "#x", "how": "same area"}],
        "steps": [
            {"label": s, "state": s, "due": TODAY} for s in ("done", "current", "overdue", "next", "skipped", "held")
        ],
        "tasks": [
            {"label": "Answer", "url": "#x", "about": "Peru", "due": TODAY, "status": "Proposed", "tone": "attention"}
        ],
        "figures": [("programmes", 1234, "#x"), ("requests", 12)],
        "grid": tiles.build(
            [("G", f"A{n:02}", f"State {n}", "#x", n) for n in range(30)], unit=lambda n: f"{n} programmes"
        ),
        "entries": [{"what": "Proposed", "at": TODAY, "who": "Example Expert", "text": "Because.", "tone": "good"}],
        "rows": [{"label": "Title", "left": "a", "right": "b"}, {"label": "End", "left": TODAY, "right": TODAY}],
        "filters": filters,
        "page": Paginator(range(100), 10).page(2),
        "files": [("CSV", "#x")],
        "form": form,
        "coverage": Coverage(initial={"is_global": "False"}),
        "text": "# Heading\n\nWords\n\n- one\n- two",
    }


def drawn(rf, language: str) -> str:
    """The page with style sheets and scripts from the folder they lie in; htmx is left out, nothing here needs it."""
    with translation.override(language):
        values = context(rf)
        html = Template(PAGE).render(RequestContext(values["request"], values))
    html = re.sub(r'(href|src)="/?static/(portal/[^"]*)"', rf'\1="{STATIC.as_uri()}/\2"', html)
    return re.sub(r"<script[^>]*django_htmx[^>]*></script>", "", html)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER is set, and there is no chromium.")
        pytest.skip("There is no chromium on this machine.")
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, rf, tmp_path):
    pages = []

    def opened(*, language="en", scheme="light", width=1280, script=True):
        file = tmp_path / "parts.html"
        file.write_text(drawn(rf, language))
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(open_page, language, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(language=language, scheme=scheme, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_page_is_no_wider_than_the_screen(open_page, language, width):
    page = open_page(language=language, width=width)
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth") <= page.evaluate(f"{root}.clientWidth")


def test_search_narrows_the_tree_and_counts_ticks(open_page):
    page = open_page()
    page.fill("#id_areas_filter", "area 17")
    assert page.locator("#id_areas input[type=checkbox]:visible").count() == 1
    page.locator("#id_areas input[type=checkbox]:visible").check()
    page.fill("#id_areas_filter", "")
    assert page.locator("[data-picker-count]:visible", has_text="1 ticked").count() == 2


def test_search_that_finds_nothing_says_so(open_page):
    page = open_page()
    page.fill("#id_areas_filter", "zzz")
    assert page.locator("[data-picker-none]").inner_text() == "Nothing in the list matches."


def test_tree_is_complete_without_a_script(open_page):
    page = open_page(script=False)
    assert page.locator("#id_areas input[type=checkbox]").count() == 20
    assert not page.locator("#id_areas_filter").is_visible()


def test_coverage_counts_each_state_once(open_page):
    page = open_page()
    page.check("input[name=regional_groups][value='1']")
    page.check("input[name=regional_groups][value='2']")
    page.locator(".coverage details summary").click()
    page.check("input[name=states][value=PER]")
    assert page.locator("[data-coverage-line]").inner_text() == "3 States are covered by what is ticked."


def test_coverage_of_every_state_hides_the_rest(open_page):
    page = open_page()
    page.check("input[name=is_global][value=True]")
    assert not page.locator("[data-coverage-selected]").is_visible()


def test_menu_opens_without_a_script(open_page):
    page = open_page(width=390, script=False)
    page.locator(".menu--main > summary").click()
    assert page.locator(".menu--main .menu__panel").is_visible()


def test_on_paper_there_is_no_navigation_and_the_head_stays(open_page):
    page = open_page()
    page.emulate_media(media="print")
    assert not page.locator(".frame").is_visible()
    assert not page.locator(".pagehead__actions").is_visible()
    for part in ("h1", ".pagehead__reference", ".pagehead .readers", ".pagehead .print-only"):
        assert page.locator(part).is_visible()
