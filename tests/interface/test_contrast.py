"""Colours contrast as WCAG 2.2 asks: text 4.5 to 1 (1.4.3), shapes and focus 3 to 1 (1.4.11), in both themes."""

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[2] / "static" / "portal" / "css"
TOKENS = (STYLES / "tokens.css").read_text()
TEXT, SHAPE = 4.5, 3.0
MEANINGS = ("neutral", "information", "good", "attention", "problem")
GROUNDS = ("paper", "paper-sunken", "paper-raised")

PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-soft", "accent", "accent-strong", *MEANINGS) for ground in GROUNDS],
    *[(meaning, f"{meaning}-wash", TEXT) for meaning in MEANINGS],
    *[(ink, f"{meaning}-wash", TEXT) for meaning in MEANINGS for ink in ("ink", "ink-soft", "accent")],
    *[(f"{meaning}-shape", f"{meaning}-wash", SHAPE) for meaning in MEANINGS],
    *[(f"{meaning}-shape", ground, SHAPE) for meaning in MEANINGS for ground in GROUNDS],
    *[(f"on-step-{step}", f"step-{step}", TEXT) for step in range(5)],
    *[(ink, ground, TEXT) for ink in ("on-bar", "on-bar-soft") for ground in ("bar", "bar-raised")],
    ("ink", "accent-wash", TEXT),
    ("accent", "accent-wash", TEXT),
    ("accent-strong", "accent-wash", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-button", "button", TEXT),
    ("on-button", "button-strong", TEXT),
    ("button", "paper", SHAPE),
    ("line", "paper", SHAPE),
    ("line", "paper-sunken", SHAPE),
    ("line", "paper-raised", SHAPE),
    ("bar-line", "bar", SHAPE),
    ("focus", "paper", SHAPE),
    ("focus", "paper-sunken", SHAPE),
    ("focus", "focus-halo", SHAPE),
    ("bar-fill", "bar-room", SHAPE),
    ("bar-fill", "paper", SHAPE),
    ("bar-fill-other", "bar-room", SHAPE),
    ("bar-lowered", "paper", SHAPE),
]


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", css))


def block(start: str) -> str:
    """The declarations between the braces after `start`."""
    found = re.search(re.escape(start) + r"\s*\{([^}]*)\}", TOKENS)
    assert found, start
    return found.group(1)


LIGHT = colours(block(":root"))
DARK = LIGHT | colours(block(':root:not([data-theme="light"])'))


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert round(contrast("#000000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_pair_contrasts(theme, front, ground, least):
    assert contrast(theme[front], theme[ground]) >= least


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_one_of_the_two_focus_rings_stands_out_on_the_bar(theme):
    assert max(contrast(theme[ring], theme["bar"]) for ring in ("focus", "focus-halo")) >= SHAPE


def test_both_ways_to_dark_give_the_same_colours():
    assert colours(block(':root:not([data-theme="light"])')) == colours(block(':root[data-theme="dark"]'))


def test_dark_names_every_colour_that_light_names_but_those_that_never_change():
    kept = set(LIGHT) - set(colours(block(':root[data-theme="dark"]')))
    assert kept <= {"always-white"}
