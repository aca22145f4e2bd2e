"""What every style sheet and template of the portal keeps to."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
SHEETS = [*sorted((ROOT / "static" / "portal" / "css").glob("*.css")), ROOT / "static" / "admin-portal.css"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PHYSICAL = re.compile(
    r"(?<![\w-])(?:margin|padding|border)-(?:left|right|top|bottom)|(?<![\w-])(?:left|right|width|height)\s*:"
    r"|text-align:\s*(?:left|right)|float:\s*(?:left|right)"
)


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_sheet_uses_logical_properties_only(sheet):
    assert PHYSICAL.findall(without_comments(sheet.read_text())) == []


@pytest.mark.parametrize("sheet", [s for s in SHEETS if s.name != "tokens.css"], ids=lambda path: path.name)
def test_colours_stand_in_the_tokens_only(sheet):
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", without_comments(sheet.read_text())) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_token_used_is_defined(sheet):
    css = "".join(without_comments(s.read_text()) for s in SHEETS)
    defined = set(re.findall(r"(--[\w-]+)\s*:", css))
    assert set(re.findall(r"var\((--[\w-]+)", sheet.read_text())) <= defined


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_compiles_and_has_nothing_the_policy_refuses(template):
    get_template(str(template.relative_to(ROOT / "templates")))
    html = template.read_text()
    assert "<style" not in html
    assert re.findall(r"\sstyle\s*=|\son[a-z]+\s*=\s*[\"']", html) == []
    scripts = re.findall(r"<script\b[^>]*>", html)
    assert [s for s in scripts if "src=" not in s and 'type="application/json"' not in s] == []
