"""The parts of a page say what they should, in words and not by colour alone."""

import datetime

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cooperation_portal.interface import audience, dates, scores, text, tiles
from cooperation_portal.interface.tones import Tone, tone_of

TODAY = datetime.date(2027, 3, 12)


def rendered(source: str, **context) -> str:
    return Template("{% load i18n interface %}" + source).render(Context(context))


def test_chip_carries_tone_and_escapes_its_word():
    assert rendered("{% chip word 'good' %}", word="<b>") == '<span class="chip chip--good">&lt;b&gt;</span>'


def test_chip_refuses_a_tone_that_does_not_exist():
    with pytest.raises(ValueError, match="purple"):
        rendered("{% chip 'x' 'purple' %}")


def test_tone_of_an_unknown_status_is_neutral():
    assert tone_of("offer", "no-such-status") is Tone.NEUTRAL


def test_tone_knows_short_names_and_hyphens():
    assert tone_of("request", "being-assisted") is Tone.GOOD


@pytest.mark.parametrize("level", audience.LEVELS)
def test_every_level_has_a_sentence_for_now_and_for_later(level):
    assert audience.readers(level)
    assert audience.future(level)
    assert audience.word(level)


def test_badge_names_the_owner_of_a_draft():
    html = rendered("{% visibility_badge 'network' draft=True owner='CICTE' %}")
    assert "Draft: only CICTE can read this" in html


def test_badge_refuses_a_level_that_does_not_exist():
    with pytest.raises(ValueError, match="secret"):
        rendered("{% visibility_badge 'secret' %}")


@pytest.mark.parametrize(
    ("due", "text_shown", "tone"),
    [
        (TODAY + datetime.timedelta(days=30), "30 days left", Tone.NEUTRAL),
        (TODAY + datetime.timedelta(days=1), "1 day left", Tone.ATTENTION),
        (TODAY, "Due today", Tone.ATTENTION),
        (TODAY - datetime.timedelta(days=1), "1 day overdue", Tone.PROBLEM),
    ],
)
def test_clock_counts_days(due, text_shown, tone):
    clock = dates.clock(due, today=TODAY)
    assert (clock.text, clock.tone) == (text_shown, tone)


def test_clock_tells_that_it_was_late():
    clock = dates.clock(TODAY, done=TODAY + datetime.timedelta(days=2))
    assert (clock.text, clock.detail) == ("Done on 14 March 2027", "2 days late")


def test_no_due_date_shows_no_clock():
    assert rendered("{% clock None %}").strip() == ""


@pytest.mark.parametrize(
    ("days", "tone"),
    [(0, Tone.GOOD), (183, Tone.GOOD), (184, Tone.ATTENTION), (365, Tone.ATTENTION), (366, Tone.PROBLEM)],
)
def test_confirmation_grows_stale(days, tone):
    assert dates.confirmed(TODAY - datetime.timedelta(days=days), today=TODAY).tone is tone


@given(st.lists(st.floats(min_value=-0.3, max_value=0.5), max_size=15))
def test_points_shown_add_up_to_the_total_shown(points):
    tenths = scores.tenths_that_add_up(points)
    assert sum(tenths) == round(sum(point * 1000 for point in points))
    assert all(abs(tenth - point * 1000) <= 1 for tenth, point in zip(tenths, points, strict=True))


@given(st.lists(st.floats(min_value=-0.2, max_value=0.2), min_size=1, max_size=12))
def test_score_bar_stays_within_its_frame(points):
    score = scores.show({"label": "x", "points": point, "maximum": 0.2} for point in points)
    assert 0 <= score.total_width <= score.raised_width <= scores.BAR
    assert all(0 <= part.fill <= part.room <= scores.BAR for part in score.parts)


def test_score_bar_says_each_part_in_numbers_and_words():
    parts = [
        {"label": "Needs", "points": 0.3126, "maximum": 0.4, "sentence": "Two of three."},
        {"label": "Overlap", "points": -0.04, "maximum": 0.1, "sentence": "Already helped."},
    ]
    html = " ".join(rendered("{% score_bar parts %}", parts=parts).split())
    assert '31.3 <span class="score__max">of 40.0</span>' in html
    assert "−4.0" in html
    assert "Two of three." in html
    assert '27.3 <span class="score__max">of 100</span>' in html


def test_bars_keep_the_decimal_point_out_of_their_geometry():
    with translation.override("fr"):
        html = rendered("{% score_bar parts compact=True %}", parts=[{"label": "x", "points": 0.5, "maximum": 1}])
    assert 'viewBox="0 0 1000 60"' in html
    assert 'width="500"' in html


def test_need_without_offer_says_so():
    html = rendered("<ul>{% need_row area='Borders' code='BOR' types=types %}</ul>", types=["Training"])
    assert "Met by nobody so far" in html
    assert "BOR" in html


def test_steps_mark_where_the_procedure_stands():
    items = [
        {"label": "Received", "state": "done", "on": TODAY},
        {"label": "Circulated", "state": "overdue", "due": TODAY - datetime.timedelta(days=999)},
        {"label": "Answered", "state": "next", "who": "Providers"},
    ]
    html = rendered("{% steps items %}", items=items)
    assert html.count('aria-current="step"') == 1
    assert "days overdue" in html
    assert "12 March 2027" in html
    assert "Providers" in html


def test_fact_is_left_out_when_empty_and_joined_when_many():
    assert rendered("{% fact 'Funders' '' %}") == ""
    assert "Not stated" in rendered("{% fact 'Funders' None empty='Not stated' %}")
    assert rendered("{% fact 'Funders' many %}", many=["EU", "Canada"]).count("<li>") == 2
    assert "12 March 2027" in rendered("{% fact 'Ends' day %}", day=TODAY)
    assert "No" in rendered("{% fact 'Global' value %}", value=False)
    assert rendered("{% fact 'Capacity' 0 %}") != ""


def test_comparison_finds_the_differences_itself():
    rows = [{"label": "Title", "left": "a", "right": "a"}, {"label": "End", "left": TODAY, "right": ""}]
    html = rendered("{% comparison rows 'Yours' 'Theirs' %}", rows=rows)
    assert html.count("Differs") == 1
    assert "Empty" in html


def test_conflict_shows_only_what_differs():
    rows = [{"label": "Title", "left": "a", "right": "a"}, {"label": "Summary", "left": "b", "right": "c"}]
    html = rendered("{% conflict rows by='Example Editor' %}", rows=rows)
    assert "Summary" in html
    assert "Title" not in html
    assert "Example Editor saved it meanwhile." in html


def test_notice_holds_its_body():
    html = rendered("{% notice 'attention' title='Overdue' %}<p>Three days</p>{% endnotice %}")
    assert "notice--attention" in html
    assert "<p>Three days</p>" in html


def test_prose_is_cleaned_and_stays_below_the_pages_headings():
    html = text.to_html("# Title\n\n<script>alert(1)</script> [x](javascript:alert(1)) [ok](https://un.example)")
    assert "<h3>Title</h3>" in html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'href="https://un.example"' in html


def test_prose_loads_no_pictures_from_elsewhere():
    assert "<img" not in text.to_html("![x](https://elsewhere.example/x.png)")


@given(st.lists(st.integers(min_value=0, max_value=500), max_size=60))
def test_every_number_falls_in_one_step_of_the_legend(numbers):
    lows = tiles.thresholds(numbers)
    assert len(lows) <= tiles.STEPS
    for number in numbers:
        step = tiles.step_of(number, lows)
        assert (step == 0) == (number == 0)
        assert 0 <= step <= tiles.STEPS


def test_tile_is_a_link_with_a_full_name():
    grid = tiles.build([("Group A", "PER", "Peru", "/states/PER/", 3)], unit=lambda n: f"{n} programmes")
    html = rendered("{% tile_grid grid %}", grid=grid)
    assert 'href="/states/PER/"' in html
    assert "Peru: 3 programmes" in html
