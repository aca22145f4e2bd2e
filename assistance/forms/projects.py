"""The forms of projects: the project itself with its milestones, and what its actions ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.formsets import formset_factory
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import allows
from cooperation_portal.access.roles import Role
from cooperation_portal.interface import audience
from cooperation_portal.interface.forms import PlainMessages
from cooperation_portal.interface.widgets import AreaTreeWidget, DayInput, GroupedCheckboxes, area_tree
from organizations.models import Organization, State
from organizations.models.states import RegionalGroup

from ..models import Area, Project
from ..services.project_values import MAX_MILESTONES, PROJECT_LEVELS, MilestoneValues, ProjectValues
from ..services.projects import feedback_parties
from .requests import requester_key
from .rows import RowForm, RowFormSet


def possible_leads(who: Any) -> dict[str, State | Organization]:
    """The bodies for which `who` may start a project, as the role table has it."""
    organizations = Organization.objects.visible_to(who).in_good_standing()
    found: list[State | Organization] = [
        body for body in organizations if allows(who, "create", Project(organization=body))
    ]
    found += [state for state in State.objects.visible_to(who) if allows(who, "create", Project(state=state))]
    return {requester_key(body): body for body in found}


def _lead_choices(leads: dict[str, State | Organization]) -> list[tuple[Any, Any]]:
    bodies = [(key, f"{row.acronym} – {row.name}") for key, row in leads.items() if isinstance(row, Organization)]
    states = [(key, str(row)) for key, row in leads.items() if isinstance(row, State)]
    groups = [(_("Organizations"), bodies), (_("States"), states)]
    return [("", _("Choose who leads")), *(group for group in groups if group[1])]


class ProjectForm(PlainMessages, forms.Form):
    """What a project says. The services check what it means."""

    title = forms.CharField(label=_("Title"), max_length=200)
    summary = forms.CharField(
        label=_("Summary"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("What the project does, for whom, and what should come of it."),
    )
    states = forms.MultipleChoiceField(label=_("States helped"), required=False, widget=GroupedCheckboxes)
    areas = forms.MultipleChoiceField(label=_("Areas"), required=False, widget=AreaTreeWidget)
    starts_on = forms.DateField(label=_("Starts on"), required=False, widget=DayInput)
    ends_on = forms.DateField(label=_("Ends on"), required=False, widget=DayInput)
    visibility = forms.ChoiceField(
        label=_("Who may read it"),
        choices=[(level.value, level.label) for level in PROJECT_LEVELS],
        initial=Level.NETWORK,
        widget=forms.RadioSelect,
        help_text=_(
            "The parties of the project always read it. A concept is read by the lead and the Committee alone."
        ),
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        who: Any,
        leads: dict[str, State | Organization] | None = None,
        project: Project | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.leads = leads or {}
        self.fields["visibility"].choices = [(level.value, audience.readers(level)) for level in PROJECT_LEVELS]
        self._choose_areas(who, project)
        self._choose_states(who)
        self.fields["expected_version"].required = project is not None
        if len(self.leads) > 1:
            self.fields["lead"] = forms.ChoiceField(
                label=_("Who leads"),
                choices=_lead_choices(self.leads),
                error_messages={"required": _("Choose who leads."), "invalid_choice": _("Choose one from the list.")},
            )
            self.order_fields(["lead"])

    def _choose_areas(self, who: Any, project: Project | None) -> None:
        areas = Area.objects.visible_to(who)
        used = project.areas.values("pk") if project else []
        self.known_areas = {area.code: area for area in areas.in_use() | areas.filter(pk__in=used)}
        self.fields["areas"].choices = [(code, area.label) for code, area in self.known_areas.items()]
        self.fields["areas"].widget.tree = area_tree(
            self.known_areas.values(), value=lambda area: area.code, label=lambda area: area.label
        )

    def _choose_states(self, who: Any) -> None:
        self.known_states = {state.iso3: state for state in State.objects.visible_to(who)}
        rows_of = {
            group: [(state.iso3, str(state)) for state in self.known_states.values() if state.regional_group == group]
            for group in RegionalGroup
        }
        self.fields["states"].choices = [(group.label, rows) for group, rows in rows_of.items() if rows]

    def chosen_lead(self) -> State | Organization:
        if "lead" in self.fields:
            return self.leads[self.cleaned_data["lead"]]
        return next(iter(self.leads.values()))

    def values(self, milestones: Iterable[MilestoneValues]) -> ProjectValues:
        cleaned = self.cleaned_data
        return ProjectValues(
            **{name: cleaned[name] for name in ("title", "summary", "visibility", "starts_on", "ends_on")},
            states=[self.known_states[iso3] for iso3 in cleaned["states"]],
            areas=[self.known_areas[code] for code in cleaned["areas"]],
            milestones=tuple(milestones),
        )


def initial_of(values: ProjectValues) -> dict[str, Any]:
    return {
        **{name: getattr(values, name) for name in ("title", "summary", "visibility", "starts_on", "ends_on")},
        "states": [state.iso3 for state in values.states],
        "areas": [area.code for area in values.areas],
    }


class MilestoneForm(RowForm):
    told_by = ("title", "due_on", "done_on")

    title = forms.CharField(label=_("Milestone"), required=False, max_length=200)
    due_on = forms.DateField(label=_("Due"), required=False, widget=DayInput)
    done_on = forms.DateField(label=_("Done"), required=False, widget=DayInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        started = any(cleaned.values()) or not self.empty_permitted
        if started and not cleaned.get("title") and "title" not in self.errors:
            self.add_error("title", _("Name the milestone, or remove the row."))
        return cleaned

    def values(self) -> MilestoneValues | None:
        cleaned = self.cleaned_data
        if not cleaned.get("title"):
            return None
        return MilestoneValues(cleaned["title"], cleaned["due_on"], cleaned["done_on"])


MilestoneFormSet = formset_factory(
    MilestoneForm,
    formset=RowFormSet,
    extra=1,
    can_delete=True,
    max_num=MAX_MILESTONES,
    validate_max=True,
    absolute_max=60,
)


# What the actions ask for; field names are the arguments of the services.


class ActionForm(PlainMessages, forms.Form):
    """Nothing but the version that the person saw. Subclasses find `project` and `who` for their choices."""

    expected_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, who: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.who = project, who
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices that depend on project and person."""

    def arguments(self) -> dict[str, Any]:
        """What the service is called with."""
        return dict(self.cleaned_data)


class OutcomeForm(ActionForm):
    outcome = forms.CharField(label=_("What came of it"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))


class CancelForm(ActionForm):
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class BodyForm(ActionForm):
    """An action taken in the name of one of one's bodies: `body_field` names the argument, `bodies` gives them."""

    body_field = ""

    def bodies(self) -> dict[str, State | Organization]:
        raise NotImplementedError(f"{type(self).__name__} does not say who may act.")

    def prepare(self) -> None:
        self.fields[self.body_field].choices = [(key, str(body)) for key, body in self.bodies().items()]

    def arguments(self) -> dict[str, Any]:
        cleaned = dict(self.cleaned_data)
        return cleaned | {self.body_field: self.bodies()[cleaned[self.body_field]]}


class ContributionForm(BodyForm):
    organization = forms.ChoiceField(label=_("Organization"))
    what = forms.CharField(
        label=_("What it would bring"),
        max_length=300,
        help_text=_("Experts, a venue, equipment, funds, a course: in a sentence."),
    )
    body_field = "organization"

    def bodies(self) -> dict[str, State | Organization]:
        return dict(contributors(self.who, self.project))


class FeedbackForm(BodyForm):
    party = forms.ChoiceField(label=_("In the name of"))
    was_need_met = forms.TypedChoiceField(
        label=_("Was the need met?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("What was achieved, and what could be better"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("The parties of the project and the Committee read it."),
    )
    body_field = "party"

    def bodies(self) -> dict[str, State | Organization]:
        return {requester_key(body): body for body in feedback_parties(self.who, self.project)}


class ConfirmContributionForm(ActionForm):
    contribution = forms.ChoiceField(label=_("Contribution"), widget=forms.RadioSelect)

    def prepare(self) -> None:
        self.waiting = {str(row.pk): row for row in self.project.contributions.filter(is_confirmed=False)}
        self.fields["contribution"].choices = [(key, str(row)) for key, row in self.waiting.items()]

    def arguments(self) -> dict[str, Any]:
        cleaned = dict(self.cleaned_data)
        return cleaned | {"contribution": self.waiting[cleaned["contribution"]]}


def contributors(who: Any, project: Project) -> dict[str, Organization]:
    """The organizations whose focal point `who` is, the lead aside."""
    keys = actor_for(who).organizations.get(Role.FOCAL_POINT, frozenset()) - {project.organization_id}
    return {requester_key(body): body for body in Organization.objects.filter(pk__in=keys)}
