"""Planning the bilateral meetings of a conference in three steps that live in the address.

What was typed travels along as GET parameters, so that every step can be left, marked and come back to; only saving
posts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assistance.matching.conference import Slot
from assistance.views.planning.index import planning_page
from cooperation_portal.access.policy import require
from cooperation_portal.interface.refusals import add_problem
from cooperation_portal.records.write import StaleVersion

from ..conference_panels import TABLES_SIDE_BY_SIDE, arranged_cells, by_party, day_tables, slot_in_words
from ..forms.conferences import AdjustForm, FactsForm, HoursForm, SaveForm, pair_text
from ..models import ConferencePlan, Meeting
from ..regions import region_name
from ..services.conference_arrangement import Arrangement, adjustment_in_words, arrange, slots_of
from ..services.conference_candidates import Candidates, conference_candidates
from ..services.conference_options import Adjustments, Options, slot_name
from ..services.conferences import conference_attach, conference_create, conference_reschedule
from .meetings import visible_meeting

FACTS, HOURS, SCHEDULE = 1, 2, 3
#: Parameters by the step on whose form they stand. `off_…` are what step 3 adds to its lists.
ADDED = ("off_party", "off_slot", "pin_pair", "pin_slot", "drop_pair")
KEPT = AdjustForm.KEPT


@planning_page
@require_http_methods(["GET", "POST"])
def conference_new(request: HttpRequest) -> HttpResponse:
    """A conference that is not announced yet."""
    require(request.user, "create", ConferencePlan)
    return _Wizard(request).respond()


@planning_page
@require_http_methods(["GET", "POST"])
def conference_change(request: HttpRequest, reference: str) -> HttpResponse:
    """The schedule of a conference that is announced: a first one, or a new one."""
    require(request.user, "update", ConferencePlan)
    meeting = visible_meeting(request, reference)
    if meeting.kind != Meeting.Kind.ASSISTANCE_CONFERENCE:
        raise Http404
    plan = ConferencePlan.objects.visible_to(request.user).filter(meeting=meeting).first()
    if meeting.status in (Meeting.Status.HELD, Meeting.Status.CANCELLED):
        messages.warning(request, _("The conference was held or called off. Its schedule stays as it was."))
        return redirect(plan or meeting)
    if meeting.starts_on is None:
        messages.warning(request, _("Give the meeting its dates first; then its bilateral meetings can be scheduled."))
        return redirect("meetings:edit", meeting.reference)
    return _Wizard(request, meeting, plan).respond()


class _Wizard:
    """One request on the way: which step is asked for, and how far what was typed carries."""

    def __init__(
        self, request: HttpRequest, meeting: Meeting | None = None, plan: ConferencePlan | None = None
    ) -> None:
        self.request, self.meeting, self.plan = request, meeting, plan
        self.data = request.GET if request.GET or plan is None else _as_typed(plan)
        self.problems: list[str] = []

    def respond(self) -> HttpResponse:
        if self._step() == FACTS:
            return self._show_facts(self._facts_form(bound=False), 200)
        facts = self._facts_form(bound=True)
        if not facts.is_valid():
            return self._show_facts(facts, 422)
        candidates = conference_candidates(self.request.user, facts.cleaned_data["region"])
        if self._step() == HOURS or not candidates.pairs:
            return self._show_hours(facts, self._hours_form(candidates, bound=False), candidates, 200)
        hours = self._hours_form(candidates, bound=True)
        if not hours.is_valid():
            return self._show_hours(facts, hours, candidates, 422)
        return self._schedule(facts, hours, candidates)

    def _step(self) -> int:
        asked = self.data.get("step", "")
        return int(asked) if asked in ("2", "3") else FACTS

    def _schedule(self, facts: FactsForm, hours: HoursForm, candidates: Candidates) -> HttpResponse:
        options = self._options(facts, hours)
        try:
            slots, _times = slots_of(options)
        except ValidationError as problem:
            add_problem(hours, problem)
            return self._show_hours(facts, hours, candidates, 422)
        adjust = self._adjust_form(options, candidates, slots, self.data)
        if adjust.is_valid():
            options = self._options(facts, hours, adjust.adjustments())
            adjust = self._adjust_form(options, candidates, slots)
        status = 422 if adjust.is_bound else 200
        if self.request.method == "POST" and not adjust.is_bound:
            saved = self._saved(facts, options)
            if saved is not None:
                return saved
            status = 422
        try:
            arrangement = arrange(candidates, options)
        except ValidationError as problem:
            if "pins" not in getattr(problem, "error_dict", {}):
                add_problem(hours, problem)
                return self._show_hours(facts, hours, candidates, 422)
            self.problems += problem.messages
            return self._show_schedule(options, adjust, candidates, None, 422)
        return self._show_schedule(options, adjust, candidates, arrangement, status)

    def _options(self, facts: FactsForm, hours: HoursForm, adjustments: Adjustments | None = None) -> Options:
        return Options(
            hours.hours(facts.days(), facts.cleaned_data["zone"]),
            tuple(hours.cleaned_data["s"]),
            tuple(hours.cleaned_data["p"]),
            adjustments or Adjustments(*(tuple(self.data.getlist(name)) for name in KEPT)),
        )

    def _saved(self, facts: FactsForm, options: Options) -> HttpResponse | None:
        """Save and lead to the conference's page; None where that was refused, with the reason in `problems`."""
        form = SaveForm(self.request.POST)
        if not form.is_valid():
            self.problems.append(
                _("The form was incomplete. Nothing is saved yet; look at the schedule and save again.")
            )
            return None
        sent = form.cleaned_data
        common = {
            "by": self.request.user,
            "region": facts.cleaned_data["region"],
            "options": options,
            "seen": sent["seen"],
        }
        try:
            if self.plan is not None:
                plan = conference_reschedule(plan=self.plan, expected_version=sent["expected_version"], **common)
            elif self.meeting is not None:
                plan = conference_attach(key=sent["key"], meeting=self.meeting, **common)
            else:
                plan = conference_create(key=sent["key"], facts=facts.facts(), **common)
        except StaleVersion as problem:
            self.plan = problem.current  # type: ignore[assignment]
            self.problems.append(_("Somebody changed this schedule meanwhile. Save again to put yours in its place."))
            return None
        except ValidationError as problem:
            self.problems += problem.messages
            return None
        messages.success(self.request, _("The schedule is saved."))
        return redirect(plan)

    # Forms

    def _facts_form(self, *, bound: bool) -> FactsForm:
        given: dict[str, Any] = {"who": self.request.user, "meeting": self.meeting}
        if bound:
            return FactsForm(self.data, **given)
        initial = self.data.dict()
        if self.meeting is not None and "region" not in initial and self.meeting.regional_group:
            initial["region"] = f"group:{self.meeting.regional_group}"
        return FactsForm(initial=initial, **given)

    def _hours_form(self, candidates: Candidates, *, bound: bool) -> HoursForm:
        if bound:
            return HoursForm(self.data, candidates=candidates)
        initial: dict[str, Any] = {name: self.data[name] for name in HoursForm.base_fields if name in self.data}
        was_here = "begins" in self.data
        for name, sides in (("s", candidates.requesters), ("p", candidates.providers)):
            initial[name] = self.data.getlist(name) if was_here else [row.key for row in sides]
        return HoursForm(initial=initial, candidates=candidates)

    def _adjust_form(
        self,
        options: Options,
        candidates: Candidates,
        slots: Iterable[Slot],
        data: QueryDict | None = None,
    ) -> AdjustForm:
        adjustments = options.adjustments
        kept = dict(zip(KEPT, (adjustments.absent, adjustments.pins, adjustments.dropped), strict=True))
        ticked = {*options.requesters, *options.providers}
        sides = {row.key: row.party for row in (*candidates.requesters, *candidates.providers) if row.key in ticked}
        return AdjustForm(
            data,
            initial=kept,
            kept={
                name: [(text, adjustment_in_words(text, candidates)) for text in texts] for name, texts in kept.items()
            },
            parties=[(key, str(party)) for key, party in sides.items()],
            pairs=[
                (pair_text(*pair.key), adjustment_in_words(pair_text(*pair.key), candidates))
                for pair in candidates.pairs
                if set(pair.key) <= ticked
            ],
            slots=[(slot_name(slot), slot_in_words(slot)) for slot in slots],
        )

    # Pages

    def _carried(self, *without: str) -> list[tuple[str, str]]:
        """Parameters that a form does not hold itself, for hidden fields."""
        left_out = {*without, "step", *ADDED}
        return [(name, value) for name, values in self.data.lists() if name not in left_out for value in values]

    def _address(self, step: int, adjustments: Adjustments | None = None) -> str:
        query = self.data.copy()
        for name in ADDED:
            query.pop(name, None)
        query["step"] = str(step)
        if adjustments is not None:
            for name, texts in zip(KEPT, (adjustments.absent, adjustments.pins, adjustments.dropped), strict=True):
                query.setlist(name, list(texts))
        return "?" + query.urlencode()

    def _show(self, template: str, context: dict[str, Any], status: int) -> HttpResponse:
        shared = {"meeting": self.meeting, "plan": self.plan, "problems": self.problems, "start": self._address(FACTS)}
        return render(self.request, f"meetings/conferences/{template}.html", shared | context, status=status)

    def _show_facts(self, form: FactsForm, status: int) -> HttpResponse:
        return self._show("facts", {"form": form, "carried": self._carried(*form.fields)}, status)

    def _show_hours(self, facts: FactsForm, form: HoursForm, candidates: Candidates, status: int) -> HttpResponse:
        context = {
            "form": form,
            "region": region_name(facts.cleaned_data["region"]),
            "days": facts.days(),
            "zone": facts.cleaned_data["zone"],
            "candidates": candidates,
            "sides": [
                {
                    "name": name,
                    "rows": [{"side": row, "points": row.value / 100} for row in sides],
                    "ticked": form.ticked(name),
                    "bound": form[name],
                }
                for name, sides in (("s", candidates.requesters), ("p", candidates.providers))
            ],
            "carried": self._carried(*form.fields),
        }
        return self._show("hours", context, status)

    def _show_schedule(
        self,
        options: Options,
        adjust: AdjustForm,
        candidates: Candidates,
        arrangement: Arrangement | None,
        status: int,
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "adjust": adjust,
            "hours": options.hours,
            "region": region_name(str(self.data["region"])),
            "parties_address": self._address(HOURS, options.adjustments),
            "carried": self._carried(*KEPT),
            "arrangement": arrangement,
        }
        if arrangement is not None:
            cells = arranged_cells(arrangement)
            context |= {
                "days": day_tables(cells, options.hours.tables),
                "tables": range(1, options.hours.tables + 1),
                "scrolls": options.hours.tables > TABLES_SIDE_BY_SIDE,
                "by_party": by_party(cells),
                "slot_count": len(arrangement.slots),
                "points": arrangement.schedule.value / 100,
                "bound": arrangement.schedule.bound / 100,
                "left_out": _left_out(arrangement),
                "save_address": self._address(SCHEDULE, options.adjustments),
                "save": SaveForm(
                    initial={
                        "key": self.request.POST.get("key") or uuid.uuid4(),
                        "seen": arrangement.fingerprint,
                        "expected_version": self.plan.version if self.plan else None,
                    }
                ),
            }
        return self._show("schedule", context, status)


def _left_out(arrangement: Arrangement) -> list[dict[str, Any]]:
    reasons = {
        "never_free": _("The two are never free at the same time."),
        "party_full": _("One of the two has as many meetings as it can have."),
        "tables_full": _("All tables are taken at all times."),
        "no_free_slot": _("There is no time at which both are free and a table is."),
    }
    return [
        {
            "requester": arrangement.party(row.pair.requester),
            "provider": arrangement.party(row.pair.provider),
            "points": row.pair.value / 100,
            "reason": reasons[row.reason],
        }
        for row in arrangement.schedule.left_out
    ]


def _as_typed(plan: ConferencePlan) -> QueryDict:
    """The address from which a stored schedule would be computed again."""
    options = Options.from_json(plan.options)
    hours = options.as_json()["hours"]
    data = QueryDict(mutable=True)
    data["region"], data["step"] = plan.region, str(SCHEDULE)
    for name in ("zone", "begins", "ends", "minutes", "pause", "breaks", "tables", "most"):
        data[name] = "" if hours[name] is None else str(hours[name])
    data.setlist("s", list(options.requesters))
    data.setlist("p", list(options.providers))
    adjustments = options.adjustments
    for name, texts in zip(KEPT, (adjustments.absent, adjustments.pins, adjustments.dropped), strict=True):
        data.setlist(name, list(texts))
    return data
