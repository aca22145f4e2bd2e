"""The information sheet."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.records.write import StaleVersion
from organizations.models import InformationSheet
from organizations.services.information import MAX_ITEMS, sheet_publish, sheet_save
from tests.factories import InformationSheetFactory

pytestmark = pytest.mark.django_db

ITEM = {"kind": "training", "description": "Course material", "terms": "on_request"}


def save(by, organization, **changes):
    options = {"summary": "What we hold.", "visibility": "network", "items": [ITEM]} | changes
    return sheet_save(by=by, organization=organization, **options)


def rows(*items, **data):
    """What the page posts for `items`."""
    posted = {
        "summary": "What we hold.",
        "visibility": "network",
        "items-TOTAL_FORMS": len(items),
        "items-INITIAL_FORMS": 0,
        "items-MIN_NUM_FORMS": 0,
        "items-MAX_NUM_FORMS": MAX_ITEMS,
    }
    for number, item in enumerate(items):
        posted |= {f"items-{number}-{name}": value for name, value in item.items()}
    return posted | data


def edit_url(organization):
    return reverse("organizations:sheet_edit", args=[organization.slug])


@pytest.mark.parametrize(
    ("status", "level", "readers"),
    [
        ("draft", "public", {"editor", "focal_point"}),
        ("published", "network", {"outsider", "editor", "focal_point", "state_focal_point"}),
        ("published", "committee", {"editor", "focal_point"}),
    ],
)
def test_who_reads_a_sheet(people, signed_in, cicte, status, level, readers):
    sheet = InformationSheetFactory(organization=cicte, status=status, visibility=level)
    if status == "published":
        readers = readers | {"expert", "observer", "secretariat"}
    for role, user in people.items():
        response = signed_in(user).get(sheet.get_absolute_url())
        assert response.status_code == (200 if role in readers else 404), role


@pytest.mark.parametrize(
    ("role", "writes"),
    [
        ("newcomer", False),
        ("outsider", False),
        ("editor", True),
        ("focal_point", True),
        ("state_focal_point", False),
        ("expert", False),
        ("observer", False),
        ("secretariat", True),
    ],
)
def test_who_writes_a_sheet(people, signed_in, cicte, role, writes):
    response = signed_in(people[role]).post(edit_url(cicte), rows(ITEM))
    assert response.status_code == (302 if writes else 403)
    assert InformationSheet.objects.exists() == writes


def test_a_draft_is_written_and_published_in_one_go(signed_in, editor, cicte):
    client = signed_in(editor)
    client.post(edit_url(cicte), rows(ITEM, {"kind": "", "description": "", "terms": "on_request"}, publish="1"))
    sheet = InformationSheet.objects.get()
    assert (sheet.status, sheet.items.count()) == ("published", 1)
    assert sheet.confirmed_on == timezone.localdate()
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["information_sheet.created", "information_sheet.published"]
    text = client.get(sheet.get_absolute_url()).content.decode()
    assert "Course material" in text
    assert "On request" in text


def test_a_sheet_without_items_is_saved_but_not_published(signed_in, editor, cicte):
    response = signed_in(editor).post(edit_url(cicte), rows(publish="1"), follow=True)
    assert InformationSheet.objects.get().status == "draft"
    assert "Name at least one kind of information" in response.content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (rows(ITEM, summary=""), "Fill this in"),
        (rows(ITEM, summary="x" * 4001), "Shorten this"),
        (rows(ITEM | {"kind": ""}), "Choose one"),
        (rows(ITEM | {"description": ""}), "Fill this in"),
        (rows(ITEM | {"description": "x" * 501}), "Shorten this"),
        (rows(ITEM | {"terms": "free"}), "free"),
        (rows(ITEM, visibility="participants"), "participants"),
    ],
)
def test_a_wrong_entry_comes_back(signed_in, editor, cicte, data, sentence):
    response = signed_in(editor).post(edit_url(cicte), data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not InformationSheet.objects.exists()


def test_more_items_than_there_is_room_for_are_refused(signed_in, editor, cicte):
    response = signed_in(editor).post(edit_url(cicte), rows(*[ITEM] * (MAX_ITEMS + 1)))
    assert response.status_code == 422
    with pytest.raises(ValidationError, match="room for"):
        save(editor, cicte, items=[ITEM] * (MAX_ITEMS + 1))


def test_items_ticked_for_removal_go(signed_in, editor, cicte):
    sheet = save(editor, cicte, items=[ITEM, ITEM | {"description": "Model law"}])
    data = rows(
        ITEM | {"DELETE": "on"},
        ITEM | {"description": "Model law"},
        expected_version=sheet.version,
        **{"items-INITIAL_FORMS": 2},
    )
    signed_in(editor).post(edit_url(cicte), data)
    assert [item.description for item in sheet.items.all()] == ["Model law"]


def test_a_stale_edit_shows_both(signed_in, editor, cicte):
    sheet = save(editor, cicte)
    save(editor, cicte, summary="Theirs.", items=[ITEM | {"description": "Their item"}], expected_version=sheet.version)
    response = signed_in(editor).post(edit_url(cicte), rows(ITEM, summary="Mine.", expected_version=sheet.version))
    text = response.content.decode()
    assert response.status_code == 422
    for words in ("Theirs.", "Mine.", "Their item", "Course material"):
        assert words in text


def test_two_who_begin_at_once_do_not_overwrite_each_other(editor, focal_point, cicte):
    save(editor, cicte)
    with pytest.raises(StaleVersion):
        save(focal_point, cicte, summary="Another.")


def test_the_secretariat_does_not_write_over_a_draft_it_cannot_read(editor, secretariat, signed_in, cicte):
    sheet = save(editor, cicte)
    with pytest.raises(ValidationError, match="draft of its own"):
        save(secretariat, cicte, summary="Mine.", expected_version=sheet.version)
    response = signed_in(secretariat).post(edit_url(cicte), rows(ITEM))
    assert response.status_code == 422
    assert "What we hold" not in response.content.decode().replace(">\nWhat we hold.</textarea>", "")


def test_saving_a_published_sheet_confirms_it(editor, cicte):
    sheet = sheet_publish(by=editor, sheet=save(editor, cicte))
    InformationSheet.objects.filter(pk=sheet.pk).update(confirmed_on="2020-01-01")
    assert save(editor, cicte, expected_version=sheet.version).confirmed_on == timezone.localdate()


def test_publishing_is_a_post_and_asks_the_role_table(signed_in, editor, outsider, cicte):
    sheet = InformationSheetFactory(organization=cicte, visibility="network", confirmed_on="2020-01-01")
    sheet.items.create(**ITEM)
    url = reverse("organizations:sheet_publish", args=[cicte.slug])
    assert signed_in(editor).get(url).status_code == 405
    assert signed_in(outsider).post(url).status_code == 403
    with pytest.raises(NotAllowed):
        sheet_publish(by=outsider, sheet=sheet)
    assert signed_in(editor).post(url).status_code == 302
    sheet.refresh_from_db()
    assert sheet.confirmed_on == timezone.localdate()


def test_markup_in_the_sheet_stays_text(signed_in, editor, cicte):
    save(editor, cicte, items=[ITEM | {"description": "<svg onload=x>"}], summary="<script>x</script>")
    text = signed_in(editor).get(reverse("organizations:sheet", args=[cicte.slug])).content.decode()
    assert "<svg onload" not in text
    assert "<script>x" not in text
