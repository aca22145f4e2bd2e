"""Points of contact: naming, correcting, replacing, ending, verifying; and who reads what of them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from cooperation_portal.access.contacts import (
    DECIDING_FIELDS,
    PERSONAL_FIELDS,
    readable_in_full_q,
    without_personal_fields,
)
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.records.write import StaleVersion
from organizations.models import PointOfContact
from organizations.services.contacts import (
    ContactHasEnded,
    contact_create,
    contact_end,
    contact_replace,
    contact_update,
    contact_verify,
)
from tests.factories import ContactFactory, StateFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
YESTERDAY = timedelta(days=1)


def values(**changes):
    return {"name": "Example Successor", "email": "next@tests.example", "role": "coordinator"} | changes


def form_data(**changes):
    return {
        "kind": "person",
        "role": "coordinator",
        "name": "Example Person",
        "job_title": "Adviser",
        "agency": "Example office",
        "email": "person@tests.example",
        "phone": "",
        "languages": ["en", "fr"],
        "valid_from": TODAY().isoformat(),
        "visibility": "network",
    } | changes


def ended(**options):
    return ContactFactory(valid_from=TODAY() - timedelta(days=90), valid_until=TODAY() - YESTERDAY, **options)


# Who reads what


@pytest.mark.parametrize(
    ("level", "readers"),
    [
        (
            "public",
            {
                "visitor",
                "newcomer",
                "outsider",
                "editor",
                "focal_point",
                "state_focal_point",
                "expert",
                "observer",
                "secretariat",
            },
        ),
        (
            "network",
            {"outsider", "editor", "focal_point", "state_focal_point", "expert", "observer", "secretariat"},
        ),
        ("committee", {"editor", "focal_point", "expert", "observer", "secretariat"}),
    ],
)
def test_a_contact_is_read_at_its_level_and_by_its_owner(people, signed_in, cicte, level, readers):
    contact = ContactFactory(organization=cicte, visibility=level, name="Example Canary")
    for role, user in people.items():
        seen = PointOfContact.objects.visible_to(user).filter(pk=contact.pk).exists()
        assert seen == (role in readers), role
        response = signed_in(user).get(contact.get_absolute_url())
        assert response.status_code == (200 if role in readers else 404), role
        assert ("Example Canary" in response.content.decode()) == (role in readers), role


def test_only_owner_experts_and_secretariat_read_who_an_ended_contact_was(people, signed_in, cicte):
    contact = ended(
        organization=cicte,
        visibility="public",
        name="Example Canary",
        job_title="Canary title",
        email="canary@tests.example",
        phone="+00 154 0154",
        agency="Example office",
    )
    full = {"editor", "focal_point", "expert", "secretariat"}
    for role, user in people.items():
        text = signed_in(user).get(contact.get_absolute_url()).content.decode()
        for personal in ("Example Canary", "Canary title", "canary@tests.example", "+00 154 0154"):
            assert (personal in text) == (role in full), (role, personal)
        assert "Example office" in text, role


@pytest.mark.parametrize("role", ["visitor", "outsider", "observer", "expert", "focal_point"])
def test_objects_rows_and_condition_agree_on_personal_fields(people, cicte, role):
    user = people[role]
    shown = [
        ContactFactory(organization=cicte, visibility="network"),
        ended(organization=cicte, visibility="network"),
        ended(organization=cicte, visibility="public"),
        ContactFactory(organization=cicte, visibility="committee"),
        ContactFactory(state=StateFactory(), visibility="public"),
    ]
    in_full = set(PointOfContact.objects.filter(readable_in_full_q(user)).values_list("pk", flat=True))
    for contact in shown:
        row = PointOfContact.objects.filter(pk=contact.pk).values("pk", *PERSONAL_FIELDS, *DECIDING_FIELDS).get()
        told = without_personal_fields(user, row)
        object_told = without_personal_fields(user, PointOfContact.objects.get(pk=contact.pk))
        for name in PERSONAL_FIELDS:
            expected = getattr(contact, name) if contact.pk in in_full else ""
            assert told[name] == expected
            assert getattr(object_told, name) == expected


def test_emptying_leaves_the_record_itself_alone(outsider):
    contact = ended(visibility="network")
    emptied = without_personal_fields(outsider, contact)
    assert emptied.name == ""
    assert contact.name != ""


def test_a_row_without_what_decides_is_refused(outsider):
    with pytest.raises(KeyError):
        without_personal_fields(outsider, {"name": "x", "visibility": "public"})


def test_search_never_finds_an_emptied_name(signed_in, outsider, expert):
    ended(visibility="network", name="Canary Person")
    url = reverse("organizations:contact_list") + "?q=canary&verified=ended"
    assert "0 contacts" in signed_in(outsider).get(url).content.decode()
    assert "1 contact" in signed_in(expert).get(url).content.decode()


# Writing


def test_naming_a_contact_verifies_audits_and_notes_the_change(focal_point, cicte):
    contact = contact_create(by=focal_point, body=cicte, values=values())
    assert contact.verified_on == TODAY()
    assert AuditEntry.objects.get().action == "contact.created"
    assert Change.objects.get().object_type == "contact"


@pytest.mark.parametrize("role", ["newcomer", "outsider", "editor", "state_focal_point", "expert", "observer"])
def test_only_own_focal_points_and_the_secretariat_write_contacts(people, cicte, role):
    contact = ContactFactory(organization=cicte)
    user = people[role]
    for write in (
        lambda: contact_create(by=user, body=cicte, values=values()),
        lambda: contact_update(by=user, contact=contact, values=values()),
        lambda: contact_replace(by=user, contact=contact, values=values()),
        lambda: contact_end(by=user, contact=contact, last_day=TODAY()),
        lambda: contact_verify(by=user, contact=contact),
    ):
        with pytest.raises(NotAllowed):
            write()
    assert not AuditEntry.objects.exists()


def test_a_state_focal_point_names_contacts_of_the_own_state_only(state_focal_point, peru):
    assert contact_create(by=state_focal_point, body=peru, values=values()).state == peru
    with pytest.raises(NotAllowed):
        contact_create(by=state_focal_point, body=StateFactory(), values=values())


def test_a_successor_ends_the_former_contact_and_points_back(focal_point, cicte):
    former = ContactFactory(organization=cicte)
    successor = contact_replace(by=focal_point, contact=former, values=values(valid_from=TODAY()))
    former.refresh_from_db()
    assert former.valid_until == TODAY() - YESTERDAY
    assert former.is_ended
    assert successor.replaces == former
    assert successor.organization == cicte
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"contact.replaced", "contact.created"}


def test_a_contact_is_replaced_once(focal_point, cicte):
    former = ContactFactory(organization=cicte)
    contact_replace(by=focal_point, contact=former, values=values(valid_from=TODAY() + timedelta(days=10)))
    with pytest.raises(ValidationError, match="already has a successor"):
        contact_replace(by=focal_point, contact=former, values=values(valid_from=TODAY() + timedelta(days=20)))
    assert PointOfContact.objects.count() == 2


def test_a_successor_begins_after_the_former(focal_point, cicte):
    former = ContactFactory(organization=cicte, valid_from=TODAY())
    with pytest.raises(ValidationError) as problem:
        contact_replace(by=focal_point, contact=former, values=values(valid_from=TODAY()))
    assert "valid_from" in problem.value.error_dict
    former.refresh_from_db()
    assert former.valid_until is None


def test_an_ended_contact_stays_as_it_is(focal_point, cicte):
    former = ended(organization=cicte)
    for write in (
        lambda: contact_update(by=focal_point, contact=former, values=values()),
        lambda: contact_replace(by=focal_point, contact=former, values=values()),
        lambda: contact_end(by=focal_point, contact=former, last_day=TODAY()),
        lambda: contact_verify(by=focal_point, contact=former),
    ):
        with pytest.raises(ContactHasEnded):
            write()


def test_the_last_day_is_not_before_the_first(focal_point, cicte):
    contact = ContactFactory(organization=cicte, valid_from=TODAY())
    with pytest.raises(ValidationError) as problem:
        contact_end(by=focal_point, contact=contact, last_day=TODAY() - YESTERDAY)
    assert "last_day" in problem.value.error_dict


def test_an_address_or_a_telephone_is_needed(focal_point, cicte):
    with pytest.raises(ValidationError, match="e-mail address or a telephone"):
        contact_create(by=focal_point, body=cicte, values=values(email="", phone=""))


def test_participants_are_no_readers_of_contacts(focal_point, cicte):
    with pytest.raises(ValidationError):
        contact_create(by=focal_point, body=cicte, values=values(visibility="participants"))


def test_owner_and_term_are_not_set_by_values(focal_point, cicte):
    for name in ("organization", "valid_until", "verified_on", "replaces"):
        with pytest.raises(ValidationError):
            contact_create(by=focal_point, body=cicte, values=values(**{name: None}))


# Pages


def test_a_focal_point_names_a_contact_on_the_page(signed_in, focal_point, cicte):
    client = signed_in(focal_point)
    response = client.post(reverse("organizations:contact_add"), form_data())
    contact = PointOfContact.objects.get()
    assert response.status_code == 302
    assert response["Location"] == contact.get_absolute_url()
    assert (contact.organization, contact.languages) == (cicte, ["en", "fr"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Fill this in"),
        ({"name": "x" * 151}, "Shorten this to 150 characters"),
        ({"email": "not an address"}, "Give an e-mail address such as"),
        ({"email": "", "phone": ""}, "Give an e-mail address or a telephone number"),
        ({"valid_from": "30.2.2026"}, "Write the date as year, month and day"),
        ({"languages": ["xx"]}, "xx"),
        ({"visibility": "participants"}, "participants"),
        ({"role": "chief"}, "chief"),
    ],
)
def test_a_wrong_entry_comes_back_with_what_was_typed(signed_in, focal_point, changes, sentence):
    response = signed_in(focal_point).post(reverse("organizations:contact_add"), form_data(**changes))
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert 'value="Example office"' in text
    assert not PointOfContact.objects.exists()


def test_markup_in_a_name_stays_text(signed_in, focal_point):
    client = signed_in(focal_point)
    client.post(reverse("organizations:contact_add"), form_data(name="<svg onload=x>", agency='"><script>x</script>'))
    contact = PointOfContact.objects.get()
    for url in (contact.get_absolute_url(), reverse("organizations:contact_list"), contact.body.get_absolute_url()):
        text = client.get(url).content.decode()
        assert "<svg onload" not in text
        assert "<script>x" not in text
        assert "&lt;svg onload=x&gt;" in text


def test_naming_for_a_body_of_others_is_refused(signed_in, focal_point, outsider, peru):
    client = signed_in(focal_point)
    assert client.post(reverse("organizations:contact_add") + "?state=PER", form_data()).status_code == 403
    assert client.get(reverse("organizations:contact_add") + "?organization=nowhere").status_code == 404
    assert signed_in(outsider).get(reverse("organizations:contact_add")).status_code == 403


def test_a_stale_correction_shows_both_and_keeps_what_was_typed(signed_in, focal_point, cicte):
    contact = ContactFactory(organization=cicte, name="First")
    client = signed_in(focal_point)
    url = reverse("organizations:contact_edit", args=[contact.pk])
    data = form_data(name="Mine", expected_version=contact.version)
    contact_update(by=focal_point, contact=contact, values={"name": "Theirs"})
    response = client.post(url, data)
    text = response.content.decode()
    assert response.status_code == 422
    assert "This record changed while you were writing" in text
    assert "Theirs" in text
    assert 'value="Mine"' in text
    again = client.post(url, data | {"expected_version": response.context["form"]["expected_version"].value()})
    assert again.status_code == 302
    contact.refresh_from_db()
    assert contact.name == "Mine"


def test_the_service_refuses_a_stale_version(focal_point, cicte):
    contact = ContactFactory(organization=cicte)
    with pytest.raises(StaleVersion):
        contact_update(by=focal_point, contact=contact, values={"name": "x"}, expected_version=contact.version + 1)


def test_replacing_and_ending_on_the_pages(signed_in, focal_point, cicte):
    client = signed_in(focal_point)
    contact = ContactFactory(organization=cicte)
    url = reverse("organizations:contact_replace", args=[contact.pk])
    shown = client.get(url)
    assert shown.context["form"]["expected_version"].value() == contact.version
    response = client.post(url, form_data(name="Example Next", expected_version=contact.version))
    assert response.status_code == 302
    successor = PointOfContact.objects.get(replaces=contact)
    end = reverse("organizations:contact_end", args=[successor.pk])
    assert "Nothing is deleted" in client.get(end).content.decode()
    proposed = client.get(end).context["form"].initial["last_day"]
    assert client.post(end, {"last_day": proposed, "reason": "Left."}).status_code == 302
    assert AuditEntry.objects.filter(action="contact.ended", reason="Left.").exists()


def test_verifying_needs_a_post(signed_in, focal_point, cicte):
    contact = ContactFactory(organization=cicte, verified_on=TODAY() - timedelta(days=400))
    url = reverse("organizations:contact_verify", args=[contact.pk])
    client = signed_in(focal_point)
    assert client.get(url).status_code == 405
    client.post(url)
    contact.refresh_from_db()
    assert contact.verified_on == TODAY()


def test_the_list_shows_those_in_office_and_filters(signed_in, outsider, cicte, peru):
    ContactFactory(organization=cicte, name="Fresh One", languages=["fr"])
    ContactFactory(
        state=peru,
        name="Stale One",
        role="technical",
        valid_from=TODAY() - timedelta(days=500),
        verified_on=TODAY() - timedelta(days=200),
    )
    ended(organization=cicte, agency="Old office")
    client = signed_in(outsider)
    url = reverse("organizations:contact_list")

    def shown(query=""):
        text = client.get(url + query).content.decode()
        return {name for name in ("Fresh One", "Stale One", "Old office") if name in text}

    assert shown() == {"Fresh One", "Stale One"}
    assert shown("?role=technical") == {"Stale One"}
    assert shown("?organization=CICTE") == {"Fresh One"}
    assert shown("?state=PER") == {"Stale One"}
    assert shown("?language=fr") == {"Fresh One"}
    assert shown("?verified=stale") == {"Stale One"}
    assert shown("?verified=very_stale") == set()
    assert shown("?verified=ended") == {"Old office"}


@pytest.mark.parametrize(
    "query", ["?role=chief", "?sort=name", "?colour=red", "?organization=NOWHERE", "?verified=never"]
)
def test_an_unknown_filter_is_said_and_shows_nothing(signed_in, outsider, query):
    ContactFactory(name="Somebody")
    text = signed_in(outsider).get(reverse("organizations:contact_list") + query).content.decode()
    assert "Somebody" not in text
    assert "error-summary" in text


def test_visitors_have_no_list(client):
    assert client.get(reverse("organizations:contact_list")).status_code == 302
