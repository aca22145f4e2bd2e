"""The glossary in the admin: the secretariat edits, the library's rules answer beside the field, a run follows."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistance.matching.glossary import LANGUAGES
from assistance.models import GlossaryConcept, MatchingRun
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from tests.factories import AreaFactory, AssistanceTypeFactory, GlossaryConceptFactory

pytestmark = pytest.mark.django_db

ADD = "admin:assistance_glossaryconcept_add"
LIST = "admin:assistance_glossaryconcept_changelist"


@pytest.fixture(autouse=True)
def vocabulary(db):
    AreaFactory(code="BOR.BRK")
    AreaFactory(code="BIO.LAB")
    AssistanceTypeFactory(code="TRNG")


@pytest.fixture
def client(signed_in, secretariat):
    return signed_in(secretariat)


def concept_form(**changes) -> dict:
    return {
        "kind": "subject",
        "concept": "brokering",
        "areas": ["BOR.BRK"],
        "code": "",
        **dict.fromkeys(LANGUAGES, ""),
        "en": "broker*\r\n\r\n  go-between ",
        "source": "",
        "reason": "",
        **changes,
    }


def change_url(concept: GlossaryConcept) -> str:
    return reverse("admin:assistance_glossaryconcept_change", args=[concept.pk])


def test_a_new_concept_is_stored_audited_and_followed_by_a_run(client):
    response = client.post(reverse(ADD), concept_form(fr="courtier*", reason="Letters of 2026 use it."))
    assert response.status_code == 302, response.context["errors"]
    concept = GlossaryConcept.objects.get()
    assert (concept.en, concept.fr, concept.areas) == (["broker*", "go-between"], ["courtier*"], ["BOR.BRK"])
    entry = AuditEntry.objects.about(concept).get()
    assert (entry.action, entry.reason) == ("vocabulary.created", "Letters of 2026 use it.")
    assert Change.objects.filter(object_type="glossary_concept", object_id=concept.pk).count() == 1
    assert MatchingRun.objects.get().cause == "words"


def test_an_edit_keeps_kind_and_name_and_says_what_changed(client):
    concept = GlossaryConceptFactory(concept="brokering", areas=["BOR.BRK"], en=["broker*"])
    form = concept_form(kind="form", concept="renamed", en="broker*\nintermediar*", expected_version=concept.version)
    assert client.post(change_url(concept), form).status_code == 302
    concept.refresh_from_db()
    assert (concept.kind, concept.concept, concept.en) == ("subject", "brokering", ["broker*", "intermediar*"])
    entry = AuditEntry.objects.about(concept).get()
    assert (entry.before, entry.after) == ({"en": ["broker*"]}, {"en": ["broker*", "intermediar*"]})


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"en": "b*"}, "en", "“b*” would be found in almost every text"),
        ({"ru": "б.р. право"}, "ru", "“б.р. право” would never be found"),
        ({"en": "broker*\nbroker*"}, "en", "“broker*” stands there twice"),
        ({"en": "a|b"}, "en", "“a|b” holds the sign “|”"),
        ({"areas": ["XXX"]}, "areas", "XXX"),
        ({"kind": "form", "areas": []}, "types", "Choose the types of assistance"),
        ({"code": "player"}, "code", "“player” is not known here"),
        ({"kind": ""}, "kind", "required"),
        ({"kind": "weapon", "areas": []}, "code", "Write NW, CW or BW."),
        ({"kind": "place", "code": "group:Mars"}, "areas", "Only subjects and forms of help point to areas"),
    ],
)
def test_what_cannot_work_is_said_beside_the_field_and_what_was_typed_stays(client, changes, field, sentence):
    response = client.post(reverse(ADD), concept_form(fr="courtier*", **changes))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert sentence in " ".join(errors[field])
    assert "courtier*" in response.content.decode()
    assert not GlossaryConcept.objects.exists()


def test_a_concept_without_any_term_is_refused(client):
    response = client.post(reverse(ADD), concept_form(en="  "))
    assert response.context["adminform"].form.errors["en"] == ["Give at least one term in one of the languages."]


def test_a_second_concept_of_the_same_name_is_refused(client):
    GlossaryConceptFactory(concept="brokering")
    response = client.post(reverse(ADD), concept_form())
    assert "The glossary has this concept already" in response.content.decode()
    assert GlossaryConcept.objects.count() == 1


def test_a_stale_form_says_what_the_record_says_now(client):
    concept = GlossaryConceptFactory(concept="brokering", areas=["BOR.BRK"], en=["broker*"], version=3)
    response = client.post(change_url(concept), concept_form(en="dealer*", expected_version=2))
    assert response.status_code == 200
    assert "English: broker*" in response.content.decode()


@pytest.mark.parametrize("role", ["expert", "observer"])
def test_experts_and_members_read_and_change_nothing(people, signed_in, role):
    concept = GlossaryConceptFactory(concept="brokering", en=["broker*"])
    client = signed_in(people[role])
    assert "broker*" in client.get(change_url(concept)).content.decode()
    assert client.post(change_url(concept), concept_form(en="dealer*")).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403


def test_a_term_in_any_language_finds_its_concept(client):
    GlossaryConceptFactory(concept="brokering", ru=["посредн*"])
    GlossaryConceptFactory(concept="customs", en=["customs"])
    rows = client.get(reverse(LIST), {"q": "посредн"}).context["cl"].result_list
    assert [concept.concept for concept in rows] == ["brokering"]


def test_the_download_has_the_columns_of_the_file_and_what_is_in_use(client):
    GlossaryConceptFactory(concept="brokering", areas=["BOR.BRK", "BIO.LAB"], en=["broker*", "dealer*"])
    GlossaryConceptFactory(concept="given up", is_retired=True)
    response = client.get(reverse("admin:assistance_glossaryconcept_csv"))
    assert response["Content-Disposition"] == 'attachment; filename="glossary.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["concept"], row["areas"], row["en"]) for row in rows] == [
        ("brokering", "BOR.BRK|BIO.LAB", "broker*|dealer*")
    ]


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(LIST))
        return len(captured)

    GlossaryConceptFactory()
    queries()  # fills what the process keeps
    few = queries()
    GlossaryConceptFactory.create_batch(20)
    assert queries() == few
