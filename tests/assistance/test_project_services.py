"""Projects: from concept or agreed match to outcome, with contributions and feedback of both sides."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from assistance.lifecycles.projects import OPEN, PROJECT_LIFE_CYCLE
from assistance.models import Match, Project
from assistance.services.projects import (
    MilestoneValues,
    ProjectValues,
    project_begin,
    project_cancel,
    project_commit,
    project_complete,
    project_confirm_contribution,
    project_consult,
    project_contribute,
    project_create,
    project_from_match,
    project_give_feedback,
    project_update,
    project_values_of,
)
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.role_table import ROLE_TABLE
from cooperation_portal.access.roles import Role
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.notices.models import Notice
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.write import StaleVersion
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

Status = Project.Status
LEGAL = {(row.action, status) for row in PROJECT_LIFE_CYCLE.transitions for status in row.sources}


def values(**changes):
    return ProjectValues(**({"title": "Training of the coast", "summary": "Courses for staff."} | changes))


@pytest.fixture
def agreed(cicte, peru):
    request = RequestFactory(
        state=peru, status="circulated", needs=[("BIO.LAB", ["TRNG"], "high"), ("LEG.BIO", [], "low")]
    )
    return MatchFactory(
        request=request,
        offer=OfferFactory(organization=cicte, title="Courses"),
        status="agreed",
        explanation={"needs": [{"area": "BIO.LAB", "met_by": "BIO.LAB"}, {"area": "LEG.BIO", "met_by": None}]},
    )


@pytest.fixture
def concept(editor, cicte, peru):
    return project_create(by=editor, lead=cicte, values=values(states=[peru]))


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("action", sorted({row.action for row in PROJECT_LIFE_CYCLE.transitions}))
def test_only_listed_transitions_happen(peru, action, status):
    project = ProjectFactory(status=status)
    project.states.add(peru)
    if (action, status) in LEGAL:
        assert PROJECT_LIFE_CYCLE.move(project, action).target == project.status
    else:
        with pytest.raises(IllegalTransition):
            PROJECT_LIFE_CYCLE.move(project, action)
        assert project.status == status


def test_the_table_is_the_one_of_the_design():
    assert {row.action: (set(row.sources), row.target) for row in PROJECT_LIFE_CYCLE.transitions} == {
        "consult": ({"concept"}, "consultation"),
        "commit": ({"consultation"}, "committed"),
        "begin": ({"committed"}, "under_way"),
        "complete": ({"under_way"}, "completed"),
        "cancel": (set(OPEN), "cancelled"),
    }
    assert all(("project", row.action) in ROLE_TABLE for row in PROJECT_LIFE_CYCLE.transitions)


# From an agreed match


def test_an_agreed_match_becomes_a_project_of_its_provider(
    agreed, editor, focal_point, state_focal_point, expert, cicte, peru
):
    project = project_from_match(by=editor, match=agreed)
    agreed.refresh_from_db()
    assert agreed.status == "project"
    assert (project.status, project.lead, project.visibility) == ("committed", cicte, "committee")
    assert list(project.states.all()) == [peru]
    assert [area.code for area in project.areas.all()] == ["BIO.LAB"]
    assert project.matches.get() == agreed
    assert project.title == "Courses for Peru"
    told = set(Notice.objects.filter(action="project.created").values_list("user", flat=True))
    assert told == {focal_point.pk, state_focal_point.pk, expert.pk}
    assert AuditEntry.objects.about(agreed).first().action == "match.project_started"
    assert AuditEntry.objects.about(project).get().action == "project.created"
    assert set(Change.objects.values_list("object_type", flat=True)) == {"match", "project"}


def test_a_match_becomes_one_project_only(agreed, editor):
    project_from_match(by=editor, match=agreed)
    with pytest.raises(IllegalTransition):
        project_from_match(by=editor, match=agreed)
    assert Project.objects.count() == 1


@pytest.mark.parametrize("status", sorted(set(Match.Status.values) - {"agreed", "dismissed"}))
def test_no_other_match_becomes_a_project(agreed, editor, status):
    agreed.status = status
    agreed.save()
    with pytest.raises(IllegalTransition):
        project_from_match(by=editor, match=agreed)
    assert not Project.objects.exists()


def test_the_provider_and_the_experts_start_projects_others_do_not(
    agreed, outsider, state_focal_point, observer, expert
):
    for person in (outsider, state_focal_point, observer, None):
        with pytest.raises(NotAllowed):
            project_from_match(by=person, match=agreed)
    assert project_from_match(by=expert, match=agreed).status == "committed"


def test_an_offer_of_a_state_makes_that_state_lead(peru):
    japan = StateFactory(name_en="Japan")
    match = MatchFactory(
        request=RequestFactory(state=peru, status="circulated"),
        offer=OfferFactory(state=japan, organization=None),
        status="agreed",
    )
    project = project_from_match(by=holder(Role.STATE_FOCAL_POINT, state=japan), match=match)
    assert (project.lead, list(project.states.all())) == (japan, [peru])


def test_the_parties_read_their_project_and_strangers_do_not(agreed, editor, state_focal_point, outsider, expert):
    project = project_from_match(by=editor, match=agreed)
    readers = [editor, state_focal_point, expert]
    assert all(Project.objects.visible_to(person).filter(pk=project.pk).exists() for person in readers)
    for person in (outsider, holder(Role.STATE_FOCAL_POINT, state=StateFactory()), None):
        assert not Project.objects.visible_to(person).exists()


def test_a_requesting_organization_reads_its_project():
    caricom = OrganizationFactory(acronym="CARICOM")
    match = MatchFactory(request=RequestFactory(organization=caricom, status="circulated"), status="agreed")
    project = ProjectFactory(visibility="committee")
    project.matches.add(match)
    assert Project.objects.visible_to(holder(Role.FOCAL_POINT, organization=caricom)).get() == project


# Concept and consultation


def test_a_concept_is_read_by_lead_and_committee_alone(concept, people):
    readers = {name for name, person in people.items() if Project.objects.visible_to(person).exists()}
    assert readers == {"editor", "focal_point", "expert", "observer", "secretariat"}


def test_a_concept_given_up_is_not_opened_to_the_network(editor, cicte, people):
    concept = project_create(by=editor, lead=cicte, values=values())
    project_cancel(by=editor, project=concept, reason="No funds.")
    readers = {name for name, person in people.items() if Project.objects.visible_to(person).exists()}
    assert readers == {"editor", "focal_point", "expert", "observer", "secretariat"}


def test_the_consultation_opens_it_to_its_level_and_tells_the_experts(concept, editor, people, expert):
    project_consult(by=editor, project=concept)
    readers = {name for name, person in people.items() if Project.objects.visible_to(person).exists()}
    assert readers == set(people) - {"visitor", "newcomer"}
    assert Notice.objects.filter(action="project.consulted", user=expert).exists()


def test_a_project_that_helps_nobody_is_not_committed(editor, cicte):
    project = project_create(by=editor, lead=cicte, values=values())
    project = project_consult(by=editor, project=project)
    with pytest.raises(IllegalTransition, match="whom the project helps"):
        project_commit(by=editor, project=project)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("title", {"title": " "}),
        ("title", {"title": "x" * 201}),
        ("summary", {"summary": ""}),
        ("summary", {"summary": "x" * 4001}),
        ("visibility", {"visibility": "participants"}),
        ("ends_on", {"starts_on": date(2027, 2, 1), "ends_on": date(2027, 1, 1)}),
        ("milestones", {"milestones": [MilestoneValues("x" * 201)]}),
        ("milestones", {"milestones": [MilestoneValues("m") for _row in range(41)]}),
        ("milestones", {"milestones": [MilestoneValues("m", done_on=date(2999, 1, 1))]}),
    ],
)
def test_a_wrong_entry_is_told_beside_its_field(editor, cicte, field, changes):
    with pytest.raises(ValidationError) as caught:
        project_create(by=editor, lead=cicte, values=values(**changes))
    assert set(caught.value.message_dict) == {field}
    assert not Project.objects.exists()


def test_all_that_is_written_is_stored(editor, concept, peru):
    written = values(
        title="Changed",
        states=[peru],
        areas=[AreaFactory(code="BIO.LAB")],
        starts_on=date(2027, 1, 1),
        ends_on=date(2027, 12, 31),
        milestones=[MilestoneValues("First course", date(2027, 3, 1)), MilestoneValues("Second", date(2027, 6, 1))],
    )
    project = project_update(by=editor, project=concept, values=written, expected_version=1)
    stored = project_values_of(project)
    assert stored.milestones == tuple(written.milestones)
    assert (stored.title, stored.starts_on, list(stored.areas)) == ("Changed", date(2027, 1, 1), list(written.areas))
    with pytest.raises(StaleVersion):
        project_update(by=editor, project=project, values=values(), expected_version=1)


def test_strangers_neither_start_nor_change_projects(concept, outsider, state_focal_point, observer, cicte):
    project_consult(by=concept_lead(concept), project=concept)
    for person in (outsider, state_focal_point, observer, None):
        with pytest.raises(NotAllowed):
            project_create(by=person, lead=cicte, values=values())
        for service, extra in (
            (project_update, {"values": values()}),
            (project_commit, {}),
            (project_cancel, {"reason": "x"}),
        ):
            with pytest.raises(NotAllowed):
                service(by=person, project=concept, **extra)


def concept_lead(project):
    return holder(Role.EDITOR, organization=project.organization)


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_an_ended_project_is_not_changed(editor, cicte, status):
    project = ProjectFactory(organization=cicte, status=status)
    with pytest.raises(IllegalTransition):
        project_update(by=editor, project=project, values=values())


# Contributions


@pytest.fixture
def helper():
    return holder(Role.FOCAL_POINT, organization=OrganizationFactory(acronym="OPCW"))


@pytest.fixture
def opcw(helper):
    return helper.affiliations.get().organization


@pytest.fixture
def consultation(concept, editor):
    return project_consult(by=editor, project=concept)


def test_another_organization_offers_and_the_lead_confirms(consultation, helper, opcw, editor, focal_point):
    project = project_contribute(by=helper, project=consultation, organization=opcw, what="Two trainers")
    row = project.contributions.get()
    assert (row.organization, row.what, row.is_confirmed) == (opcw, "Two trainers", False)
    assert Notice.objects.get(action="project.contribution_offered").user == focal_point
    project = project_confirm_contribution(by=editor, project=project, contribution=row)
    assert project.contributions.get().is_confirmed
    assert Notice.objects.get(action="project.contribution_confirmed").user == helper
    # Saying it anew asks the lead again.
    project = project_contribute(by=helper, project=project, organization=opcw, what="One trainer")
    row = project.contributions.get()
    assert (row.what, row.is_confirmed) == ("One trainer", False)


def test_contributions_come_from_other_organizations_focal_points(
    consultation, helper, opcw, cicte, outsider, focal_point
):
    with pytest.raises(NotAllowed):
        project_contribute(by=outsider, project=consultation, organization=opcw, what="x")
    with pytest.raises(NotAllowed):
        project_contribute(by=helper, project=consultation, organization=OrganizationFactory(), what="x")
    with pytest.raises(ValidationError) as caught:
        project_contribute(by=focal_point, project=consultation, organization=cicte, what="x")
    assert set(caught.value.message_dict) == {"organization"}
    with pytest.raises(ValidationError) as caught:
        project_contribute(by=helper, project=consultation, organization=opcw, what=" ")
    assert set(caught.value.message_dict) == {"what"}
    with pytest.raises(ValidationError) as caught:
        project_contribute(by=helper, project=consultation, organization=opcw, what="x" * 301)
    assert set(caught.value.message_dict) == {"what"}


def test_nobody_contributes_to_what_they_cannot_read(concept, helper, opcw):
    with pytest.raises(NotAllowed):
        project_contribute(by=helper, project=concept, organization=opcw, what="x")


@pytest.mark.parametrize("status", ["under_way", "completed", "cancelled"])
def test_contributions_close_when_the_work_begins(helper, opcw, status):
    with pytest.raises(IllegalTransition):
        project_contribute(by=helper, project=ProjectFactory(status=status), organization=opcw, what="x")


def test_a_contribution_of_another_project_is_not_confirmed_here(consultation, editor, helper, opcw):
    other = ProjectFactory(status="consultation")
    row = project_contribute(by=helper, project=other, organization=opcw, what="x").contributions.get()
    with pytest.raises(ValidationError):
        project_confirm_contribution(by=editor, project=consultation, contribution=row)
    row.refresh_from_db()
    assert not row.is_confirmed


# To the end


def test_a_project_runs_to_its_outcome_and_both_sides_say_how_it_went(
    agreed, editor, focal_point, state_focal_point, cicte, peru, expert
):
    project = project_from_match(by=editor, match=agreed)
    project = project_begin(by=editor, project=project)
    agreed.request.refresh_from_db()
    assert agreed.request.status == "being_assisted"
    with pytest.raises(ValidationError) as caught:
        project_complete(by=editor, project=project, outcome=" ")
    assert set(caught.value.message_dict) == {"outcome"}
    project = project_complete(by=editor, project=project, outcome="Forty people trained.")
    assert (project.status, project.outcome) == ("completed", "Forty people trained.")
    assert Notice.objects.filter(action="project.completed", user=state_focal_point).exists()
    project_give_feedback(by=state_focal_point, project=project, party=peru, was_need_met=True, text="It helped.")
    project_give_feedback(by=focal_point, project=project, party=cicte, was_need_met=False, text="Too short.")
    assert [(str(row), row.was_need_met) for row in project.feedback.all()] == [("Peru", True), ("CICTE", False)]


def test_beginning_moves_only_circulated_requests(agreed, editor):
    agreed.request.status = "authenticated"
    agreed.request.save()
    project = project_from_match(by=editor, match=agreed)
    project_begin(by=editor, project=project)
    agreed.request.refresh_from_db()
    assert agreed.request.status == "authenticated"


def test_feedback_comes_from_the_parties_own_people(
    agreed, editor, focal_point, state_focal_point, cicte, peru, outsider
):
    project = project_begin(by=editor, project=project_from_match(by=editor, match=agreed))
    for person, party in ((editor, cicte), (outsider, cicte), (state_focal_point, cicte), (focal_point, peru)):
        with pytest.raises(NotAllowed):
            project_give_feedback(by=person, project=project, party=party, was_need_met=True, text="x")
    with pytest.raises(ValidationError) as caught:
        project_give_feedback(by=focal_point, project=project, party=cicte, was_need_met=True, text="")
    assert set(caught.value.message_dict) == {"text"}


def test_feedback_waits_until_the_work_has_begun(agreed, editor, focal_point, cicte):
    project = project_from_match(by=editor, match=agreed)
    with pytest.raises(IllegalTransition):
        project_give_feedback(by=focal_point, project=project, party=cicte, was_need_met=True, text="x")


def test_cancelling_says_why_and_tells_the_parties(agreed, editor, state_focal_point):
    project = project_from_match(by=editor, match=agreed)
    with pytest.raises(ValidationError):
        project_cancel(by=editor, project=project, reason="")
    project = project_cancel(by=editor, project=project, reason="No funds.")
    assert project.status == "cancelled"
    assert Notice.objects.get(action="project.cancelled", user=state_focal_point).params["reason"] == "No funds."


def test_a_cancelled_concept_is_not_told_to_those_who_never_read_it(concept, editor, state_focal_point):
    project_cancel(by=editor, project=concept, reason="Thought better.")
    assert not Notice.objects.filter(user=state_focal_point).exists()


def test_milestones_have_clocks(editor, concept):
    late = timezone.localdate() - timedelta(days=1)
    project = project_update(
        by=editor, project=concept, values=values(milestones=[MilestoneValues("Late", due_on=late)])
    )
    entry = AuditEntry.objects.about(project).first()
    assert entry.after["milestones"] == [f"Late ({late} / -)"]
