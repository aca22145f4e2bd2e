"""Contacts for address books."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


def cards(answer) -> list[dict[str, str]]:
    """The properties of each card, unfolded; values as written, escaped."""
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/vcard; charset=utf-8"
    found = []
    for block in answer.content.decode().split("BEGIN:VCARD\r\n")[1:]:
        assert block.endswith("END:VCARD\r\n")
        lines = block.replace("\r\n ", "").split("\r\n")[:-2]
        found.append({line.partition(":")[0].partition(";")[0]: line.partition(":")[2] for line in lines})
    return found


def vcf(client: Client, contact) -> dict[str, str]:
    [card] = cards(client.get(f"/contacts/{contact.pk}.vcf"))
    return card


def test_a_card_says_who_where_and_how_to_reach(signed_in, outsider, cicte):
    contact = ContactFactory(
        organization=cicte,
        name="Example Contact",
        job_title="Programme manager",
        agency="Desk",
        email="contact@tests.example",
        languages=["es", "en"],
        verified_on="2026-01-31",
    )
    card = vcf(signed_in(outsider), contact)
    assert card["VERSION"] == "3.0"
    assert card["FN"] == "Example Contact"
    assert card["N"] == "Example Contact;;;;"
    assert card["ORG"] == "Inter-American Committee against Terrorism;Desk"
    assert card["TITLE"] == "Programme manager"
    assert card["EMAIL"] == "contact@tests.example"
    assert card["TEL"] == "+00 1540"
    assert card["UID"].startswith("urn:uuid:")
    assert card["URL"].endswith(f"/contacts/{contact.pk}/")
    assert "Languages: Spanish\\, English" in card["NOTE"]
    assert "Verified on 2026-01-31" in card["NOTE"]


def test_the_identifier_stays_when_the_contact_is_corrected(signed_in, outsider):
    contact = ContactFactory()
    before = vcf(signed_in(outsider), contact)["UID"]
    contact.name = "Corrected Name"
    contact.save()
    assert vcf(signed_in(outsider), contact)["UID"] == before
    assert vcf(signed_in(outsider), ContactFactory())["UID"] != before


def test_what_was_typed_cannot_add_a_property(signed_in, outsider):
    contact = ContactFactory(
        name="Semi;colon, comma\\ and\r\nEMAIL:forged@tests.example",
        agency="Line\nbreak; and\r\nEND:VCARD",
    )
    answer = signed_in(outsider).get(f"/contacts/{contact.pk}.vcf")
    [card] = cards(answer)
    assert card["FN"] == "Semi\\;colon\\, comma\\\\ and EMAIL:forged@tests.example"
    assert card["EMAIL"] == contact.email
    assert answer.content.count(b"END:VCARD") == 2, "one of them inside a value"
    assert b"\r\nEND:VCARD\r\n" not in answer.content[:-13]


def test_long_lines_are_folded_between_letters(signed_in, outsider):
    contact = ContactFactory(name="Ж" * 140)
    answer = signed_in(outsider).get(f"/contacts/{contact.pk}.vcf")
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    for line in answer.content.split(b"\r\n"):
        line.decode()
    assert vcf(signed_in(outsider), contact)["FN"] == "Ж" * 140


def test_it_is_visible_like_its_page(signed_in, people):
    network, public = ContactFactory(visibility="network"), ContactFactory(visibility="public")
    for name, person in people.items():
        client = signed_in(person)
        for contact in (network, public):
            page = client.get(contact.get_absolute_url()).status_code
            assert client.get(f"/contacts/{contact.pk}.vcf").status_code == page, name


def test_whom_one_may_no_longer_know_is_in_no_address_book(signed_in, outsider, focal_point, cicte):
    yesterday = timezone.localdate() - timedelta(days=1)
    former = ContactFactory(organization=cicte, name="Former Person", valid_until=yesterday)
    stranger, owner = signed_in(outsider), signed_in(focal_point)
    assert stranger.get(former.get_absolute_url()).status_code == 200, "the page says that there was one"
    assert stranger.get(f"/contacts/{former.pk}.vcf").status_code == 404
    assert f"/contacts/{former.pk}.vcf" not in stranger.get(former.get_absolute_url()).content.decode()
    assert cards(stranger.get("/contacts/contacts.vcf?verified=ended")) == []
    assert vcf(owner, former)["FN"] == "Former Person"
    assert [card["FN"] for card in cards(owner.get("/contacts/contacts.vcf?verified=ended"))] == ["Former Person"]


def test_the_list_takes_the_filters_of_its_page(signed_in, outsider, cicte):
    ContactFactory(organization=cicte, name="Lawyer", role="legal")
    ContactFactory(name="Engineer", role="technical")
    ContactFactory(name="Hidden", visibility="committee")
    client = signed_in(outsider)
    assert {card["FN"] for card in cards(client.get("/contacts/contacts.vcf"))} == {"Lawyer", "Engineer"}
    assert [card["FN"] for card in cards(client.get("/contacts/contacts.vcf?role=legal"))] == ["Lawyer"]
    page = client.get("/contacts/?role=legal&sort=verified").content.decode()
    assert 'href="/contacts/contacts.vcf?role=legal"' in page


@pytest.mark.parametrize("query", ["role=nobody", "colour=red"])
def test_a_filter_that_is_not_understood_is_said_to_be_so(signed_in, outsider, query):
    ContactFactory()
    answer = signed_in(outsider).get(f"/contacts/contacts.vcf?{query}")
    assert answer.status_code == 400
    assert answer.content.decode().strip()


def test_visitors_have_no_list(client):
    assert client.get("/contacts/contacts.vcf").status_code == 302


def test_reading_is_logged_without_saying_whom(signed_in, outsider, caplog):
    ContactFactory(name="Unmentioned Person", email="unmentioned@tests.example")
    with caplog.at_level(logging.INFO):
        signed_in(outsider).get("/contacts/contacts.vcf")
    told = [record.getMessage() for record in caplog.records if "Contact data read: 1 records" in record.getMessage()]
    assert len(told) == 1
    assert str(outsider) in told[0]
    assert "nmentioned" not in caplog.text


def test_a_list_needs_the_same_queries_for_two_and_for_thirty(signed_in, outsider, django_assert_max_num_queries):
    for _number in range(30):
        ContactFactory()
    client = signed_in(outsider)
    with django_assert_max_num_queries(12):
        client.get("/contacts/contacts.vcf")
