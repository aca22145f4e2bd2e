"""A bundle that is not right is refused whole: what is wrong is told with its place, and nothing is written."""

from __future__ import annotations

import json

import pytest

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.bundles.problems import MOST
from cooperation_portal.changes.models import Change

from .conftest import bring_in, change_line, held, refusal


def _set(**values):
    return lambda told: told.update(values)


def _without(name):
    return lambda told: told.pop(name) and None


def _in_part(name, **values):
    return lambda told: told[name][0].update(values)


@pytest.mark.parametrize(
    ("file", "line", "change", "told"),
    [
        ("offers.ndjson", 1, _set(colour="red"), "offers.ndjson:1: colour: is no field of this file. Its fields are"),
        ("offers.ndjson", 2, _set(organization="NOBODY"), 'offers.ndjson:2: organization: is "NOBODY", and the bundle'),
        ("offers.ndjson", 2, _set(areas=["LEG.BIO", "XXX"]), 'offers.ndjson:2: areas/1: is "XXX", and the bundle has'),
        ("offers.ndjson", 2, _set(areas=["LEG.BIO"] * 2), "offers.ndjson:2: areas: names one key twice."),
        ("offers.ndjson", 2, _set(starts_on="31.12.2026"), 'offers.ndjson:2: starts_on: is "31.12.2026". Write a day'),
        ("offers.ndjson", 2, _set(starts_on="2026-02-30"), 'starts_on: is "2026-02-30". Write a day as 2027-03-12.'),
        ("offers.ndjson", 2, _set(capacity="5"), 'offers.ndjson:2: capacity: is "5". Write a whole number.'),
        ("offers.ndjson", 2, _set(capacity=True), "offers.ndjson:2: capacity: is true. Write a whole number."),
        ("offers.ndjson", 2, _set(capacity=99999), "offers.ndjson:2: capacity: Ensure this value is less than or"),
        ("offers.ndjson", 2, _set(status="live"), 'offers.ndjson:2: status: is "live". Choose one of: draft, planned,'),
        ("offers.ndjson", 2, _set(languages="en"), 'languages: is "en". Give a list in square brackets.'),
        ("offers.ndjson", 2, _set(languages=["en", "xx"]), 'offers.ndjson:2: languages/1: is "xx". Choose one of: ar,'),
        ("offers.ndjson", 2, _set(title=None), "offers.ndjson:2: title: is null. Give a value."),
        ("offers.ndjson", 2, _set(title="x" * 201), "offers.ndjson:2: title: Ensure this value has at most 200"),
        ("offers.ndjson", 2, _set(title="a\0b"), "offers.ndjson:2: title: has a NUL character"),
        ("offers.ndjson", 2, _without("title"), "offers.ndjson:2: title: This field cannot be blank. Correct it."),
        ("offers.ndjson", 2, _set(coverage="global"), "offers.ndjson:2: regional_groups: An offer open to all States"),
        ("offers.ndjson", 2, _set(created_at="2026-01-01T00:00:00"), "offers.ndjson:2: created_at: is"),
        ("offers.ndjson", 2, _set(is_edited="yes"), 'offers.ndjson:2: is_edited: is "yes". Write true or false.'),
        ("offers.ndjson", 2, _set(id=0), "offers.ndjson:2: id: is 0. Every record needs its number"),
        ("offers.ndjson", 2, _set(id="7"), 'offers.ndjson:2: id: is "7". Every record needs its number'),
        ("offers.ndjson", 2, _set(type="request"), 'type: is "request". This file holds records of type offer.'),
        ("offers.ndjson", 2, _set(ref="OFF-2026-9001"), 'offers.ndjson:2: ref: "OFF-2026-9001" stands on line 1'),
        ("offers.ndjson", 2, _set(summary="", status="planned"), "offers.ndjson:2: Only a draft may do without a"),
        ("offers.ndjson", 2, _in_part("partners", state="PER"), "offers.ndjson:2: Name an organization, a State"),
        ("offers.ndjson", 2, _in_part("partners", who="EU"), "partners/0/who: is no field here. The fields are role,"),
        ("offers.ndjson", 2, _set(partners=[{"role": "funder"}]), "partners/0/organization: is missing. Add it."),
        ("contacts.ndjson", 1, _set(ref="contact-999999"), 'ref: is "contact-999999", but id make it "contact-'),
        ("requests.ndjson", 1, _in_part("needs", area="NO.NE"), 'needs/0/area: is "NO.NE", and the bundle has no area'),
        ("requests.ndjson", 1, _in_part("needs", types=["NONE"]), 'requests.ndjson:1: needs/0/types/0: is "NONE"'),
        ("requests.ndjson", 1, _set(description=""), "requests.ndjson:1: Say what is needed"),
        ("states.ndjson", 1, _set(names={"en": "Peru"}), "states.ndjson:1: names/ar: is missing. Add it."),
        ("states.ndjson", 1, _set(iso2="PERU"), "states.ndjson:1: iso2: Ensure this value has at most 2 characters"),
        ("meetings.ndjson", 1, _set(follows_up="MTG-1"), 'meetings.ndjson:1: follows_up: is "MTG-1", and the bundle'),
        ("notes.ndjson", 1, _without("meeting"), "notes.ndjson:1: meeting: is missing. Add it."),
        ("matches.ndjson", 1, _set(explanation=[]), "matches.ndjson:1: explanation: is []. Give an object"),
        ("matches.ndjson", 1, _set(score="high"), 'matches.ndjson:1: score: is "high". Write a number.'),
        ("conferences.ndjson", 1, _set(key="x"), 'conferences.ndjson:1: key: is "x". Write a UUID.'),
        ("areas.ndjson", 1, _set(parent="LEG.BIO"), "areas.ndjson:1: parent:"),
    ],
)
def test_a_wrong_line_is_told_with_file_line_field_and_what_to_do(bundle, file, line, change, told):
    change_line(bundle, file, line, change)
    sentence = refusal(bundle, "--edited")
    assert sentence.startswith("Nothing was imported.\n")
    assert told in sentence
    assert held() == 0
    assert not AuditEntry.objects.exists()
    assert not Change.objects.exists()


def test_the_untouched_bundle_of_these_tests_is_accepted(bundle):
    bring_in(bundle, "--edited")
    assert held() > 0


def test_several_problems_are_told_at_once(bundle):
    change_line(bundle, "offers.ndjson", 1, _set(status="x", title=5))
    change_line(bundle, "requests.ndjson", 2, _set(origin="y"))
    told = refusal(bundle, "--edited")
    for place in ("offers.ndjson:1: status:", "offers.ndjson:1: title:", "requests.ndjson:2: origin:"):
        assert place in told


def test_of_very_many_problems_the_rest_is_counted(bundle):
    line = json.loads((bundle / "assistance-types.ndjson").read_text().splitlines()[0])
    made = [line | {"id": 1000 + n, "ref": f"T{n}", "family": "none"} for n in range(MOST + 7)]
    path = bundle / "assistance-types.ndjson"
    path.write_text(path.read_text() + "".join(json.dumps(one) + "\n" for one in made))
    told = refusal(bundle, "--edited").splitlines()
    assert len(told) == MOST + 2
    assert told[-1] == "… and 7 more problems."


def test_the_database_tells_which_lines_it_refuses(bundle):
    path = bundle / "organizations.ndjson"
    line = json.loads(path.read_text().splitlines()[0]) | {"parent": None, "memberships": []}
    made = [line | {"id": 500 + n, "ref": f"NEW{n}", "slug": f"new-{n % 3}"} for n in range(5)]
    path.write_text(path.read_text() + "".join(json.dumps(one) + "\n" for one in made))
    first = len(path.read_text().splitlines()) - 4
    told = refusal(bundle, "--edited").splitlines()[1:]
    assert [sentence.split(": ")[0] for sentence in told] == [f"organizations.ndjson:{first + n}" for n in (3, 4)]
    assert "another record has this already: Key (slug)=(new-0) already exists." in told[0]


def test_confidential_text_is_not_in_what_the_database_refuses(bundle):
    change_line(bundle, "requests.ndjson", 1, _set(needed_by="2020-01-01"))
    told = refusal(bundle, "--edited")
    assert "requests.ndjson:1: The end is before the start. Check both dates." in told
    assert "back" not in told


def _rewrite(bundle, content: bytes, file: str = "offers.ndjson") -> None:
    (bundle / file).write_bytes(content)


def test_lines_that_are_no_json_are_told(bundle):
    lines = (bundle / "offers.ndjson").read_bytes().splitlines(keepends=True)
    _rewrite(bundle, b'{"type": "offer",}\n' + lines[0] + b"[1]\n" + lines[1][:-40])
    told = refusal(bundle, "--edited")
    assert "offers.ndjson:1: is no JSON" in told
    assert "offers.ndjson:3: is [1]. Each line is one object in curly brackets." in told
    assert "offers.ndjson:4: is broken off: the file ends in the middle of a record. Copy the bundle again." in told


def test_another_encoding_is_told(bundle):
    text = (bundle / "offers.ndjson").read_text()
    _rewrite(bundle, text.encode("utf-16"))
    assert "offers.ndjson:1: is not UTF-8" in refusal(bundle, "--edited")
    _rewrite(bundle, text.encode("utf-8-sig"))
    assert "offers.ndjson:1: begins with a byte order mark" in refusal(bundle, "--edited")
    _rewrite(bundle, text.replace("“”", "é").encode("latin-1", "replace"))
    assert "offers.ndjson:2: is not UTF-8" in refusal(bundle, "--edited")


def test_a_field_that_stands_twice_is_told(bundle):
    line = (bundle / "offers.ndjson").read_bytes().splitlines()[0]
    _rewrite(bundle, line[:-1] + b', "title": "Another"}\n')
    assert "offers.ndjson:1: is no JSON (the field title stands twice in one object)" in refusal(bundle, "--edited")


def test_a_changed_file_is_told_unless_it_was_edited_on_purpose(bundle):
    change_line(bundle, "offers.ndjson", 2, _set(title="Another title here, of the same length or not"))
    content = (bundle / "offers.ndjson").read_bytes() + b" " * 5000
    _rewrite(bundle, content)
    assert "offers.ndjson: is not as it was exported: its SHA-256 differs." in refusal(bundle)
    assert held() == 0
    assert "offer: 2" in bring_in(bundle, "--edited")


def test_a_file_cut_short_is_told(bundle):
    content, newline = (bundle / "offers.ndjson").read_bytes(), b"\n"
    _rewrite(bundle, content[: content.index(newline) + 1])
    told = refusal(bundle)
    assert f"is cut short: {content.index(newline) + 1} of {len(content)} bytes. Copy the bundle again." in told
    assert held() == 0


def test_files_that_are_missing_or_too_many_are_told(bundle):
    (bundle / "areas.ndjson").unlink()
    (bundle / "colours.ndjson").write_text("")
    told = refusal(bundle)
    assert "areas.ndjson: is not there or cannot be read." in told
    assert "colours.ndjson: is no file of a bundle, so nothing would read it. Take it away." in told


def test_a_folder_without_a_whole_manifest_is_no_bundle(bundle, tmp_path):
    assert "There is no folder" in refusal(tmp_path / "nowhere")
    manifest = bundle / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"records": {"offers.ndjson": {"bytes": 1}}}))
    assert "its list of files is not complete" in refusal(bundle)
    manifest.write_text("{")
    assert "manifest.json: is no JSON" in refusal(bundle)
    manifest.write_text("[]")
    assert "does not say in which format" in refusal(bundle)
    manifest.unlink()
    assert "has no manifest.json: it is no bundle, or its export or copy was broken off." in refusal(bundle)


def test_a_newer_format_asks_for_an_upgrade(bundle):
    told = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(told | {"format": 2, "portal": "7.0"}))
    sentence = refusal(bundle)
    assert "format 2 and was written by portal 7.0" in sentence
    assert "Upgrade this portal first." in sentence


def test_a_document_without_its_own_file_is_told(bundle):
    (file,) = (bundle / "files").iterdir()
    file.write_bytes(b"something else")
    told = refusal(bundle)
    assert f"documents.ndjson:1: file: files/{file.name} is not the file whose sha256 and size stand here." in told
    file.unlink()
    assert f"documents.ndjson:1: file: files/{file.name} is not in the bundle." in refusal(bundle)
    change_line(bundle, "documents.ndjson", 1, _set(file="../../etc/passwd"))
    assert "documents.ndjson:1: file: is not files/document-" in refusal(bundle, "--edited")
