"""IATI activities as drafts of an organization's offers."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from assistance.models import Offer, OfferPartner
from assistance.services.offer_values import OfferValues
from cooperation_portal.audit.models import AuditEntry
from tests.factories import AreaFactory, AssistanceTypeFactory, OfferFactory, OrganizationFactory, StateFactory

pytestmark = pytest.mark.django_db

ACTIVITY = """
  <iati-activity xml:lang="en">
    <iati-identifier>{identifier}</iati-identifier>
    <reporting-org ref="XM-X-1" type="40"><narrative>Example body</narrative></reporting-org>
    <title><narrative>{title}</narrative></title>
    <description><narrative>What it does.</narrative></description>
    <participating-org role="2"><narrative>Example body</narrative></participating-org>
    <activity-status code="2"/>
    <activity-date type="2" iso-date="2026-01-05"/>
{more}  </iati-activity>"""


def activity(identifier="XM-X-1-A", title="Example activity", more="") -> str:
    return ACTIVITY.format(identifier=identifier, title=title, more=more)


def document(*activities: str, version="2.03") -> str:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<iati-activities version="{version}">'
    return head + "".join(activities) + "\n</iati-activities>\n"


@pytest.fixture
def take(tmp_path, cicte):
    """Import a text for CICTE; gives what the command prints."""

    def run(text: str | bytes, *options: str, organization: str = "CICTE") -> str:
        path = tmp_path / "activities.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        printed = StringIO()
        call_command("import_iati", str(path), "--organization", organization, *options, stdout=printed)
        return printed.getvalue()

    return run


@pytest.fixture
def refused(take):
    """What the command says when it refuses; nothing may have been written then."""

    def run(text: str | bytes, **options: str) -> str:
        before = Offer.objects.count(), AuditEntry.objects.count()
        with pytest.raises(CommandError) as told:
            take(text, **options)
        assert (Offer.objects.count(), AuditEntry.objects.count()) == before
        return str(told.value)

    return run


def test_an_activity_becomes_a_draft(take, cicte, peru):
    area, kind = AreaFactory(code="BIO.LAB"), AssistanceTypeFactory(code="TRNG")
    oas = OrganizationFactory(acronym="OAS", name="Organization of American States")
    own = 'vocabulary="99" vocabulary-uri="https://other.example'
    more = f"""
    <activity-date type="1" iso-date="2025-12-01"/>
    <activity-date type="3" iso-date="2030-06-30Z"/>
    <participating-org role="1"><narrative>Example fund</narrative></participating-org>
    <participating-org role="4" ref="UNREGISTERED-1540CN-oas"/>
    <participating-org role="4"><narrative>CICTE</narrative></participating-org>
    <recipient-country code="pe" percentage="50"/>
    <recipient-region code="African" {own}/states/" percentage="25"/>
    <recipient-region code="OAS" {own}/api/v1/organizations/" percentage="25"/>
    <sector code="BIO.LAB" {own}/api/v1/areas/"/>
    <tag code="TRNG" {own}/api/v1/assistance-types/"/>
    <tag code="BW" {own}/api/v1/docs/#weapon_types"/>
    <tag code="es" vocabulary="99" vocabulary-uri="https://id.loc.gov/vocabulary/iso639-1"/>
"""
    printed = take(document(activity(more=more)))
    offer = Offer.objects.get()
    assert (offer.organization, offer.status, offer.iati_identifier) == (cicte, "draft", "XM-X-1-A")
    values = OfferValues.of(offer)
    assert (values.title, values.summary) == ("Example activity", "What it does.")
    assert (values.starts_on, values.ends_on) == (date(2026, 1, 5), date(2030, 6, 30)), "actual before planned"
    assert (values.areas, values.types) == ((area,), (kind,))
    assert (values.weapon_types, values.languages, values.regional_groups) == (["BW"], ["es"], ["African"])
    assert (values.states, values.members_of, values.coverage) == ((peru,), (oas,), "selected")
    assert {(partner.role, partner.name) for partner in values.partners} == {
        ("funder", "Example fund"),
        ("implementer", "OAS"),
    }
    assert values.visibility == "network", "who reads it is decided by people"
    assert printed == (
        f"activities.xml:3: activity XM-X-1-A: added {offer.reference}\n"
        "    not taken over: participating-org Example body as accountable\n"
        "CICTE: 1 added, 0 changed, 0 unchanged, 0 skipped.\n"
    )
    assert AuditEntry.objects.about(offer).get().source == "command"


def test_a_second_import_changes_nothing_and_doubles_nothing(take):
    text = document(activity("A"), activity("B"))
    take(text)
    version = Offer.objects.get(iati_identifier="A").version
    assert "0 added, 0 changed, 2 unchanged, 0 skipped." in take(text)
    assert Offer.objects.count() == 2
    assert Offer.objects.get(iati_identifier="A").version == version


def test_what_changed_in_the_file_changes_in_the_offer_and_the_rest_stays(take):
    take(document(activity("A")))
    offer = Offer.objects.get()
    offer.areas.add(AreaFactory(code="BOR"))
    Offer.objects.update(capacity=4, languages=["fr"])
    printed = take(document(activity("A", title="Another title")))
    assert "0 added, 1 changed, 0 unchanged, 0 skipped." in printed
    offer.refresh_from_db()
    assert (offer.title, offer.capacity, offer.languages) == ("Another title", 4, ["fr"])
    assert [area.code for area in offer.areas.all()] == ["BOR"], "people ticked it; the file does not speak of areas"


def test_a_published_offer_is_changed_and_stays_published(take, cicte):
    offer = OfferFactory(organization=cicte, iati_identifier="A", areas=["BOR"], types=["TRNG"], languages=["en"])
    assert "1 changed" in take(document(activity("A")))
    offer.refresh_from_db()
    assert (offer.status, offer.title) == ("ongoing", "Example activity")


def test_a_withdrawn_offer_is_not_changed(refused, cicte):
    OfferFactory(organization=cicte, iati_identifier="A", status="withdrawn")
    assert "activity A: It is withdrawn and can no longer be changed." in refused(document(activity("A")))


def test_what_another_provider_has_already_is_skipped_and_told(take):
    giver = OrganizationFactory(acronym="GIVER", name="Example giver")
    theirs = OfferFactory(organization=giver, iati_identifier="A", title="Theirs")
    printed = take(document(activity("A"), activity("B")))
    assert (
        f"activities.xml:3: activity A is {theirs.reference} of GIVER (Example giver); give --organization GIVER: "
        "skipped\n"
    ) in printed
    assert "CICTE: 1 added, 0 changed, 0 unchanged, 1 skipped.\n" in printed
    theirs.refresh_from_db()
    assert theirs.title == "Theirs"
    assert "0 added, 0 changed, 1 unchanged, 1 skipped." in take(document(activity("A"), activity("B")))


@pytest.mark.parametrize("registered", ["", "XM-GIVER-1"])
def test_the_portals_own_file_makes_no_drafts_of_others_programmes(take, cicte, peru, registered):
    giver = OrganizationFactory(acronym="GIVER", name="Example giver")
    OfferFactory(organization=giver, visibility="public", title="Theirs")
    OfferFactory(organization=None, state=peru, visibility="public", title="Of a State")
    OfferFactory(organization=cicte, visibility="public", title="Own", starts_on=None, ends_on=None)
    text = b"".join(Client().get("/iati/activities.xml").streaming_content)
    # Files made before an organization was registered name it in the portal's way.
    type(giver).objects.filter(pk=giver.pk).update(iati_identifier=registered)
    printed = take(text)
    assert "0 added, 0 changed, 1 unchanged, 2 skipped." in printed
    assert "is reported by GIVER (Example giver); give --organization GIVER: skipped" in printed
    assert "is reported by Peru, a State" in printed
    assert Offer.objects.filter(organization=cicte).count() == 1
    # Another hand may have changed who reports; the reference in the identifier still says whose it is.
    unsigned = text.replace(b'reporting-org ref="', b'reporting-org ref="X-')
    assert "0 added, 0 changed, 1 unchanged, 2 skipped." in take(unsigned)


def test_mistakes_in_what_is_skipped_stop_nothing(take):
    OrganizationFactory(acronym="GIVER")
    wrong = activity("A", title="").replace('ref="XM-X-1"', 'ref="UNREGISTERED-1540CN-giver"')
    assert "1 added, 0 changed, 0 unchanged, 1 skipped." in take(document(wrong, activity("B")))


def test_a_dry_run_says_the_same_and_writes_nothing(take):
    text = document(activity("A"))
    printed = take(text, "--dry-run")
    assert "activities.xml:3: activity A: added\n" in printed
    assert "nothing was written: 1 added, 0 changed, 0 unchanged, 0 skipped." in printed
    assert Offer.objects.count() == AuditEntry.objects.count() == 0
    assert "OFF-" in take(text)


def test_what_has_no_place_in_an_offer_is_told(take):
    more = """
    <activity-date type="3" iso-date="2030-01-01"/>
    <recipient-country code="XK"/>
    <recipient-region code="298"/>
    <sector code="15210" vocabulary="1"/>
    <tag code="1" vocabulary="2"/>
    <contact-info><email>person@tests.example</email></contact-info>
    <budget><value>1</value></budget>
    <budget><value>2</value></budget>
"""
    text = document(activity(more=more)).replace('<activity-status code="2"/>', '<activity-status code="4"/>')
    text = text.replace(
        "<narrative>Example activity", '<narrative xml:lang="fr">Exemple</narrative><narrative>Example activity'
    )
    printed = take(text)
    for words in (
        "title in fr",
        "contact-info",
        "budget (2 times)",
        "recipient-country XK (line 13), no State Member",
        "recipient-region 298 of vocabulary 1",
        "sector 15210 of vocabulary 1",
        "tag 1 of vocabulary 2",
        "activity-status 4 (closed)",
    ):
        assert f"not taken over: {words}" in printed, words
    assert Offer.objects.get().title == "Example activity", "English before French"
    assert "person@tests.example" not in printed


def test_all_problems_are_told_with_their_lines_and_nothing_is_written(refused):
    text = document(
        activity("A"),
        activity("A", title="Twice"),
        activity("B", title="x" * 201),
        activity("C", title=""),
        activity("", title="Nameless"),
        activity("D", more='    <activity-date type="3" iso-date="2025-01-01"/>\n'),
        activity("E", more='    <activity-date type="3" iso-date="31 May 2025"/>\n'),
    )
    told = refused(text).splitlines()
    assert told == [
        "activities.xml:12: activity A: the identifier stands at line 3 already; keep one of the two.",
        "activities.xml:24: activity B: title: Ensure this value has at most 200 characters (it has 201).",
        "activities.xml:33: activity C: it has no title.",
        "activities.xml:39: activity without identifier: it has no iati-identifier, by which it would be known again.",
        "activities.xml:56: activity D: ends_on: The end is before the start. Check both dates.",
        "activities.xml:66: activity E: “31 May 2025” is not a date such as 2027-03-12.",
        "Nothing was written.",
    ]


BOMB = """<?xml version="1.0"?>
<!DOCTYPE iati-activities [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<iati-activities version="2.03">
<iati-activity><iati-identifier>&d;</iati-identifier></iati-activity></iati-activities>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE iati-activities [<!ENTITY secret SYSTEM "file:///etc/hostname">]>
<iati-activities version="2.03"><iati-activity>
<title><narrative>&secret;</narrative></title></iati-activity></iati-activities>"""
OUTSIDE_DTD = """<?xml version="1.0"?>
<!DOCTYPE iati-activities SYSTEM "http://192.0.2.1/evil.dtd">
<iati-activities version="2.03"><iati-activity/></iati-activities>"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: This is not well-formed XML"),
        ("title,start\nCourse,2026", ":1: This is not well-formed XML"),
        ("<iati-activities version='2.03'>\n<iati-activity>\n</iati-activities>", ":3: This is not well-formed XML"),
        ("<iati-organisations version='2.03'/>", ":1: The root element is iati-organisations"),
        ("\n<iati-activities version='1.05'/>", ":2: The file is of version 1.05; read are 2.01, 2.02, 2.03."),
        ("<iati-activities/>", ":1: The file is of no version"),
        ("<iati-activities version='2.03'/>", ":1: The file holds no iati-activity."),
        (BOMB, ":1: The file declares a document type."),
        (BOMB.encode("utf-16"), ":1: The file declares a document type."),
        (OUTSIDE, ":1: The file declares a document type."),
        (OUTSIDE_DTD, ":1: The file declares a document type."),
        (document("<x>" * 5000 + "</x>" * 5000), "This is not well-formed XML"),
        (b"\xff\xfe\x00\x01 nonsense", "This is not well-formed XML"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(refused, text, words):
    if isinstance(text, str) and text.startswith("\n"):
        text = "<!-- first line -->" + text
    assert words in refused(text)


def test_a_file_that_is_too_large_is_refused(refused, monkeypatch):
    for module in ("assistance.iati.reading", "assistance.management.commands.import_iati"):
        monkeypatch.setattr(f"{module}.MAX_BYTES", 500)
    assert "at most 500 are read" in refused(document(activity()))


def test_an_unknown_organization_and_a_missing_file_are_said_to_be_so(refused, cicte, tmp_path):
    assert "There is no organization NOBODY." in refused(document(activity()), organization="NOBODY")
    with pytest.raises(CommandError, match=r"cannot be read: No such file"):
        call_command("import_iati", str(tmp_path / "none.xml"), "--organization", "CICTE")


def test_a_round_trip_gives_the_same_titles_dates_countries_and_areas(take, cicte, peru):
    today = timezone.localdate()
    chile = StateFactory(iso3="CHL", iso2="CL", name_en="Chile")
    giver = OrganizationFactory(acronym="GIVER")
    body = OrganizationFactory(acronym="OAS")
    OfferFactory(
        organization=giver,
        visibility="public",
        title="Some States",
        summary="In two\n\nparagraphs.",
        coverage="selected",
        states=[peru, chile],
        members_of=[body],
        regional_groups=["African", "WEOG"],
        areas=["BIO.LAB", "LEG.BIO", "BOR"],
        types=["TRNG", "EQPT"],
        weapon_types=["BW", "CW"],
        languages=["en", "fr"],
        starts_on=today - timedelta(days=40),
        ends_on=today + timedelta(days=400),
    )
    OfferFactory(organization=giver, visibility="public", title="The world", starts_on=None, ends_on=None)
    ended = OfferFactory(
        organization=giver,
        visibility="public",
        title="Ended",
        status="completed",
        starts_on=today - timedelta(days=400),
        ends_on=today - timedelta(days=40),
    )
    ended.partners.create(role=OfferPartner.PartnerRole.FUNDER, other_name="Example fund")
    original = b"".join(Client().get("/iati/activities.xml").streaming_content)
    # As from another portal, whose organizations this one does not know.
    text = original.replace(b"UNREGISTERED-1540CN-giver", b"XM-ELSEWHERE-9").replace(b"-OFF-", b"-X-")
    assert "3 added" in take(text)

    def told(organization):
        found = {}
        for offer in Offer.objects.filter(organization=organization):
            values = OfferValues.of(offer)
            found[values.title] = (
                values.summary,
                values.starts_on,
                values.ends_on,
                values.coverage,
                set(values.states),
                set(values.members_of),
                set(values.regional_groups),
                set(values.areas),
                set(values.types),
                set(values.weapon_types),
                set(values.languages),
            )
        return found

    assert told(cicte) == told(giver)
    assert len(told(giver)) == 3
    assert "0 added, 0 changed, 3 unchanged, 0 skipped." in take(text)
    assert "0 added, 0 changed, 3 unchanged, 0 skipped." in take(original, organization="GIVER"), (
        "its own are known by reference"
    )


def test_the_identifier_is_shown_to_partners_and_not_written_by_them(take):
    take(document(activity("A")))
    Offer.objects.update(status="ongoing", visibility="public")
    [row] = Client().get("/api/v1/offers/?iati_identifier=A").json()["data"]
    assert row["iati_identifier"] == "A"
    assert Client().get("/api/v1/offers/?iati_identifier=B").json()["data"] == []
