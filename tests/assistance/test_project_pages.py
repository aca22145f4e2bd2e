"""Pages of projects: list, detail, writing, actions, and starting one from a match."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assistance.models import Project
from assistance.services.projects import ProjectValues, project_update
from assistance.views.project_actions import ACTION_PAGES
from cooperation_portal.access.roles import Role
from tests.conftest import holder
from tests.factories import (
    AreaFactory,
    MatchFactory,
    OfferFactory,
    OrganizationFactory,
    ProjectFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

LIST, NEW = "/projects/", "/projects/new/"


def action_url(project, action):
    return reverse("assistance:project_transition", args=[project.reference, action])


def edit_url(project):
    return reverse("assistance:project_edit", args=[project.reference])


def typed(milestones=(), *, initial=0, **changes):
    data = {
        "title": "Training of the coast",
        "summary": "Courses for staff.",
        "visibility": "network",
        "milestones-TOTAL_FORMS": len(milestones) + 1,
        "milestones-INITIAL_FORMS": initial,
    }
    for number, (title, due, done) in enumerate(milestones):
        data |= {
            f"milestones-{number}-title": title,
            f"milestones-{number}-due_on": due,
            f"milestones-{number}-done_on": done,
        }
    return data | changes


def listed(response):
    return [project.reference for project in response.context["page"]]


@pytest.mark.parametrize(
    ("visibility", "status", "readers"),
    [
        ("public", "committed", {"visitor", "newcomer", "outsider", "editor", "focal_point", "state_focal_point"}),
        ("network", "committed", {"outsider", "editor", "focal_point", "state_focal_point"}),
        ("committee", "committed", {"editor", "focal_point"}),
        ("public", "concept", {"editor", "focal_point"}),
    ],
)
def test_who_reads_a_project(people, signed_in, cicte, visibility, status, readers):
    project = ProjectFactory(organization=cicte, visibility=visibility, status=status)
    for name, person in people.items():
        client = signed_in(person)
        is_reader = name in readers | {"expert", "observer", "secretariat"}
        assert client.get(project.get_absolute_url()).status_code == (200 if is_reader else 404), name
        assert (project.reference in listed(client.get(LIST))) == is_reader, name


def test_feedback_and_history_are_for_the_parties(signed_in, cicte, outsider, editor, expert):
    project = ProjectFactory(organization=cicte, status="completed", visibility="public")
    project.feedback.create(organization=cicte, was_need_met=True, text="canaryfeedback", given_by_label="Example")
    for person, expected in ((None, False), (outsider, False), (editor, True), (expert, True)):
        text = signed_in(person).get(project.get_absolute_url()).content.decode()
        assert ("canaryfeedback" in text) == expected


def test_a_match_shows_only_to_its_readers(signed_in, cicte, peru, outsider, expert):
    match = MatchFactory(
        request=RequestFactory(state=peru, title="canaryrequest"), offer=OfferFactory(organization=cicte)
    )
    project = ProjectFactory(organization=cicte, visibility="public")
    project.matches.add(match)
    for person, expected in ((None, False), (outsider, False), (expert, True)):
        text = signed_in(person).get(project.get_absolute_url()).content.decode()
        assert (match.get_absolute_url() in text) == expected
        assert "canaryrequest" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "COAST training"}, ["A"]),
        ({"q": "cicte"}, ["A"]),
        ({"q": "%"}, []),
        ({"state": "PER"}, ["A"]),
        ({"organization": "CICTE"}, ["A"]),
        ({"organization": "OPCW"}, ["B"]),
        ({"area": "BIO"}, ["A"]),
        ({"status": "open"}, ["A"]),
        ({"status": "completed"}, ["B"]),
        ({"sort": "title"}, ["A", "B"]),
        ({"sort": "-title"}, ["B", "A"]),
        ({"sort": "-newest"}, ["B", "A"]),
        ({"sort": "lead"}, ["A", "B"]),
        ({"sort": "ends"}, ["B", "A"]),
        ({"area": "NO.SUCH"}, []),
        ({"status": "lost"}, []),
        ({"colour": "red"}, []),
        ({"sort": "colour"}, []),
    ],
)
def test_filters_and_orders(signed_in, expert, cicte, peru, query, found):
    first = ProjectFactory(reference="A", organization=cicte, title="Training of the coast")
    first.states.add(peru)
    first.areas.add(AreaFactory(code="BIO.LAB"))
    second = ProjectFactory(
        reference="B",
        organization=OrganizationFactory(acronym="ZZZ"),
        title="Zeta",
        status="completed",
        ends_on="2027-01-01",
    )
    second.contributions.create(organization=OrganizationFactory(acronym="OPCW"), what="Trainers")
    assert listed(signed_in(expert).get(LIST, query)) == found


def test_an_editor_writes_a_concept_with_milestones(signed_in, editor, cicte, peru):
    AreaFactory(code="BIO.LAB")
    client = signed_in(editor)
    assert "Led by <strong>CICTE</strong>" in client.get(NEW).content.decode()
    data = typed(
        milestones=[("First course", "2027-03-01", "")],
        states=["PER"],
        areas=["BIO.LAB"],
        starts_on="2027-01-01",
        ends_on="2027-12-31",
    )
    response = client.post(NEW, data)
    project = Project.objects.get()
    assert response["Location"] == project.get_absolute_url()
    assert (project.status, project.organization, list(project.states.all())) == ("concept", cicte, [peru])
    assert project.milestones.get().title == "First course"
    page = client.get(project.get_absolute_url()).content.decode()
    assert "Concept: CICTE, the Committee and its experts can read this" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Fill this in"),
        ({"summary": "x" * 4001}, "Shorten this to 4000"),
        ({"starts_on": "2027-02-01", "ends_on": "2027-01-01"}, "The end is before the start"),
        ({"states": ["XXX"]}, "not one of the available choices"),
        ({"areas": ["NO.SUCH"]}, "not one of the available choices"),
        ({"visibility": "participants"}, "not one of the available choices"),
        ({"milestones": [("", "2027-01-01", "")]}, "Name the milestone"),
        ({"milestones": [("Done", "", "2999-01-01")]}, "done in the future"),
    ],
)
def test_a_wrong_entry_comes_back_with_what_was_typed(signed_in, editor, changes, words):
    response = signed_in(editor).post(NEW, typed(**({"summary": "Kept words"} | changes)))
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert "Kept words" in page or "summary" in changes
    assert not Project.objects.exists()


def test_another_milestone_appears_without_losing_what_was_typed(signed_in, editor):
    page = signed_in(editor).post(NEW, typed(title="", summary="Half written", add_milestone="1")).content.decode()
    assert "Milestone 2" in page
    assert "Half written" in page
    assert "another look" not in page
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("visitor", 302),
        ("newcomer", 403),
        ("observer", 403),
        ("editor", 200),
        ("focal_point", 200),
        ("state_focal_point", 200),
        ("expert", 200),
        ("secretariat", 200),
    ],
)
def test_who_starts_a_concept(people, signed_in, role, status):
    assert signed_in(people[role]).get(NEW).status_code == status


def test_an_expert_says_who_leads(signed_in, expert, cicte):
    client = signed_in(expert)
    assert client.post(NEW, typed()).status_code == 422
    assert client.post(NEW, typed(lead="organization:CICTE")).status_code == 302
    assert Project.objects.get().organization == cicte


def test_a_stale_edit_shows_both_versions(signed_in, editor, focal_point, cicte):
    project = ProjectFactory(organization=cicte)
    project_update(by=focal_point, project=project, values=ProjectValues(title="By a colleague", summary="Theirs"))
    client = signed_in(editor)
    response = client.post(edit_url(project), typed(title="Mine", expected_version=1))
    page = response.content.decode()
    assert response.status_code == 409
    for words in ("By a colleague", "Theirs", "Mine", focal_point.name):
        assert words in page
    assert client.post(edit_url(project), typed(title="Mine", expected_version=2)).status_code == 302
    assert client.post(edit_url(project), typed(title="Mine")).status_code == 422


def test_only_the_lead_and_the_committees_staff_edit(people, signed_in, cicte):
    project = ProjectFactory(organization=cicte, visibility="public")
    expected = {"visitor": 302, "editor": 200, "focal_point": 200, "expert": 200, "secretariat": 200}
    for name, person in people.items():
        assert signed_in(person).get(edit_url(project)).status_code == expected.get(name, 403), name


def buttons(client, project):
    text = client.get(project.get_absolute_url()).content.decode()
    return set(re.findall(rf"/projects/{project.reference}/(\w+)/", text))


@pytest.mark.parametrize(
    ("status", "role", "expected"),
    [
        ("concept", "editor", {"edit", "consult", "cancel"}),
        ("consultation", "editor", {"edit", "commit", "cancel"}),
        ("consultation", "helper", {"contribute"}),
        ("consultation", "outsider", set()),
        ("committed", "expert", {"edit", "begin", "cancel"}),
        ("under_way", "editor", {"edit", "complete", "cancel"}),
        ("under_way", "state_focal_point", {"feedback"}),
        ("completed", "focal_point", {"feedback"}),
        ("completed", "editor", set()),
        ("completed", "visitor", set()),
    ],
)
def test_buttons_are_those_that_role_and_status_allow(people, signed_in, cicte, peru, status, role, expected):
    people["helper"] = holder(Role.FOCAL_POINT, organization=OrganizationFactory(acronym="OPCW"))
    project = ProjectFactory(organization=cicte, status=status, visibility="public")
    project.states.add(peru)
    assert buttons(signed_in(people[role]), project) == expected


def test_nothing_happens_by_following_a_link(signed_in, expert, editor, cicte, peru):
    for person in (expert, editor):
        for status in Project.Status.values:
            project = ProjectFactory(organization=cicte, status=status)
            project.states.add(peru)
            for action in ACTION_PAGES:
                assert signed_in(person).get(action_url(project, action)).status_code in (200, 302, 403)
            project.refresh_from_db()
            assert (project.status, project.version) == (status, 1)
    assert signed_in(editor).get(action_url(project, "promote")).status_code == 404


def test_a_project_is_walked_on_the_web(signed_in, people, cicte, peru):
    helper = holder(Role.FOCAL_POINT, organization=OrganizationFactory(acronym="OPCW"))
    project = ProjectFactory(organization=cicte, status="concept")
    project.states.add(peru)

    def take(person, action, **data):
        project.refresh_from_db()
        client = signed_in(person)
        assert client.get(action_url(project, action)).status_code == 200, action
        done = client.post(action_url(project, action), {"expected_version": project.version, **data})
        assert done.status_code == 302, (action, done.content.decode())

    take(people["editor"], "consult")
    take(helper, "contribute", organization="organization:OPCW", what="Two trainers")
    take(people["editor"], "confirm_contribution", contribution=project.contributions.get().pk)
    take(people["editor"], "commit")
    take(people["editor"], "begin")
    take(people["editor"], "complete", outcome="Forty people trained.")
    take(people["state_focal_point"], "feedback", party="state:PER", was_need_met="yes", text="It helped.")
    take(people["focal_point"], "feedback", party="organization:CICTE", was_need_met="no", text="Too short.")
    page = signed_in(people["expert"]).get(project.get_absolute_url()).content.decode()
    for words in ("Two trainers", "Confirmed", "Forty people trained.", "It helped.", "Too short.", "Need not met"):
        assert words in page


def test_nobody_acts_for_a_body_that_is_not_theirs(signed_in, cicte):
    helper = holder(Role.FOCAL_POINT, organization=OrganizationFactory(acronym="OPCW"))
    project = ProjectFactory(organization=cicte, status="consultation")
    data = {"expected_version": 1, "organization": "organization:CICTE", "what": "x"}
    assert signed_in(helper).post(action_url(project, "contribute"), data).status_code == 422
    assert not project.contributions.exists()


def test_a_stale_confirmation_keeps_the_words(signed_in, editor, focal_point, cicte):
    project = ProjectFactory(organization=cicte)
    project_update(by=focal_point, project=project, values=ProjectValues(title="New", summary="New"))
    response = signed_in(editor).post(action_url(project, "cancel"), {"expected_version": 1, "reason": "No funds."})
    assert response.status_code == 409
    assert "No funds." in response.content.decode()
    project.refresh_from_db()
    assert project.status == "committed"


def test_an_agreed_match_becomes_a_project_on_the_web(signed_in, people, cicte, peru):
    match = MatchFactory(
        request=RequestFactory(state=peru, status="circulated"), offer=OfferFactory(organization=cicte), status="agreed"
    )
    match.proposed_at = match.created_at
    match.save()
    url = reverse("assistance:project_from_match", args=[match.pk])
    for name, expected in (("visitor", 302), ("outsider", 404), ("state_focal_point", 403), ("observer", 403)):
        assert signed_in(people[name]).get(url).status_code == expected, name
        assert signed_in(people[name]).post(url).status_code == expected, name
    client = signed_in(people["editor"])
    assert "CICTE leads the project." in client.get(url).content.decode()
    assert not Project.objects.exists()
    response = client.post(url)
    project = Project.objects.get()
    assert response["Location"] == project.get_absolute_url()
    assert client.post(url, follow=True).redirect_chain
    assert Project.objects.count() == 1


def test_the_list_asks_as_often_for_two_rows_as_for_thirty(signed_in, outsider):
    def queries():
        client = signed_in(outsider)
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    def add(number):
        for _row in range(number):
            project = ProjectFactory()
            project.states.add(StateFactory())
            project.areas.add(AreaFactory(code="BIO.LAB"))
            project.contributions.create(organization=OrganizationFactory(), what="Help")

    add(2)
    few = queries()
    add(22)
    assert queries() == few


@pytest.mark.parametrize("role", ["expert", "focal_point"])
def test_the_page_asks_as_often_for_two_rows_as_for_ten(signed_in, people, role, cicte):
    def queries(number):
        project = ProjectFactory(organization=cicte, status="completed")
        for row in range(number):
            project.contributions.create(organization=OrganizationFactory(), what="Help")
            project.milestones.create(title=f"Milestone {row}")
            project.matches.add(MatchFactory())
            project.feedback.create(organization=cicte, was_need_met=True, text="x", given_by_label="Example")
        client = signed_in(people[role])
        client.get(project.get_absolute_url())
        with CaptureQueriesContext(connection) as captured:
            client.get(project.get_absolute_url())
        return len(captured)

    assert queries(2) == queries(10)


def test_what_people_typed_is_never_markup(signed_in, expert, cicte):
    attack = "<script>alert(1)</script>"
    project = ProjectFactory(organization=cicte, title=attack, summary=attack, outcome=attack)
    project.contributions.create(organization=OrganizationFactory(), what=attack)
    assert "<script>alert" not in signed_in(expert).get(project.get_absolute_url()).content.decode()
