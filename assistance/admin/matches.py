"""The match queue: suggestions to review, the pair side by side with its explanation, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cooperation_portal.access.policy import NotAllowed, allows, require
from cooperation_portal.administration.base import PortalModelAdmin
from cooperation_portal.audit.models import AuditEntry
from organizations.models import User
from organizations.models.states import RegionalGroup

from ..comparison import side_by_side
from ..explanations import explain
from ..forms.matches import MisfitField
from ..lifecycles.matches import MATCH_LIFE_CYCLE
from ..models import Area, Match, MatchingRun
from ..services import matches as services
from ..services.matching import run_on_demand
from .clocks import shown_clock

#: What an expert can do with a match, in the order of the buttons: role-table action, service, audit tone.
DECISIONS: dict[str, Callable[..., Match]] = {
    "propose": lambda *, by, match, reason, expected_version=None: services.match_propose(
        by=by, match=match, note=reason, expected_version=expected_version
    ),
    "shortlist": lambda *, by, match, reason, expected_version=None: services.match_shortlist(
        by=by, match=match, note=reason, expected_version=expected_version
    ),
    "dismiss": services.match_dismiss,
    "reopen": services.match_reopen,
}


class DecisionForm(forms.Form):
    """The reason, the version the expert saw, and the button that was pressed."""

    reason = forms.CharField(
        label=gettext_lazy("Reason or note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed to dismiss or reopen. Kept in the history; the parties read why they lost one."),
    )
    misfit = MisfitField(
        help_text=gettext_lazy("If you dismiss: what comes nearest? It is counted against what the policy said.")
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=[(name, name) for name in DECISIONS], widget=forms.HiddenInput)


class BulkDismissForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    misfit = MisfitField(help_text=gettext_lazy("What comes nearest? It is counted against what the policy said."))


class QueueFilter(admin.SimpleListFilter):
    """Waiting for a decision by default; everything else on request."""

    title = gettext_lazy("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Assigned to me")), ("all", _("All matches")), *Match.Status.choices]

    def choices(self, changelist: Any) -> Any:
        chosen = self.value()
        yield {
            "selected": chosen is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Waiting for a decision"),
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value()
        if chosen is None:
            return queryset.waiting_for_experts()
        if chosen == "mine":
            return queryset.waiting_for_experts().filter(assignee=request.user)
        if chosen in Match.Status.values:
            return queryset.filter(status=chosen)
        return queryset


class RegionFilter(admin.SimpleListFilter):
    title = gettext_lazy("region of the requester")
    parameter_name = "region"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return RegionalGroup.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(request__state__regional_group=self.value()) if self.value() else queryset


class AreaFilter(admin.SimpleListFilter):
    title = gettext_lazy("area of a need")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(area.code, area.label) for area in Area.objects.filter(parent=None)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        needs = Area.objects.filter(code__startswith=self.value()).values("needs__request")
        return queryset.filter(request__in=needs)


@admin.register(Match)
class MatchAdmin(PortalModelAdmin):
    """Reads through `visible_to`; every decision is a service."""

    change_form_template = "admin/assistance/match/decide.html"
    change_list_template = "admin/assistance/match/queue.html"
    list_display = ["pair", "shown_score", "shown_rank", "shown_status", "age", "clock", "shown_assignee"]
    list_display_links = ["pair"]
    list_filter = [QueueFilter, RegionFilter, AreaFilter]
    list_select_related = [
        "request__state",
        "request__organization",
        "offer__organization",
        "offer__state",
        "assignee",
    ]
    list_per_page = 25
    ordering = ["-score", "pk"]
    search_fields = [
        "request__reference",
        "request__title",
        "request__state__name_en",
        "request__organization__acronym",
        "offer__reference",
        "offer__title",
        "offer__organization__acronym",
    ]
    search_help_text = gettext_lazy("Reference or title of a request or offer, State, or organization")
    actions = ["shortlist_selected", "dismiss_selected", "assign_to_me"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("request__steps").defer("explanation")

    # Columns

    @admin.display(description=gettext_lazy("Request and offer"), ordering="request__reference")
    def pair(self, match: Match) -> str:
        return format_html(
            '<span class="queue-pair"><strong>{}: {}</strong><br>{}: {}<br><span class="code">{}</span></span>',
            match.request.requester,
            match.request.title,
            match.offer.provider,
            match.offer.title,
            match.ref,
        )

    @admin.display(description=gettext_lazy("Score"), ordering="score")
    def shown_score(self, match: Match) -> str:
        return format_html(
            '<meter min="0" max="100" value="{0}">{0}</meter> <span class="number">{0}</span>', match.score
        )

    @admin.display(description=gettext_lazy("Rank for the request"), ordering="rank")
    def shown_rank(self, match: Match) -> str:
        return str(match.rank) if match.status == Match.Status.SUGGESTED and match.rank else "–"

    @admin.display(description=gettext_lazy("Status"), ordering="status")
    def shown_status(self, match: Match) -> str:
        return match.get_status_display()

    @admin.display(description=gettext_lazy("Suggested"), ordering="created_at")
    def age(self, match: Match) -> str:
        days = (timezone.now() - match.created_at).days
        if days == 0:
            return _("today")
        return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}

    @admin.display(description=gettext_lazy("Clock of the request"))
    def clock(self, match: Match) -> str:
        return shown_clock(match.request)

    @admin.display(description=gettext_lazy("Assignee"), ordering="assignee__name")
    def shown_assignee(self, match: Match) -> str:
        return str(match.assignee) if match.assignee else _("nobody yet")

    # Permissions: the queue is read by the whole Committee; nothing is typed over.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if allows(request.user, "shortlist", "match") else {}

    # One match

    def get_urls(self) -> list[Any]:
        own = [
            path("run/", self.admin_site.admin_view(self.run_view), name="assistance_match_run"),
            path(
                "<int:match_id>/assign/", self.admin_site.admin_view(self.assign_view), name="assistance_match_assign"
            ),
        ]
        return own + super().get_urls()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The pair side by side, why it was suggested, and the decision."""
        if object_id is None:
            raise PermissionDenied
        match = self._full_match(request, object_id)
        if match is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = DecisionForm(initial={"expected_version": match.version})
        if request.method == "POST":
            require(request.user, "shortlist", match)
            form = DecisionForm(request.POST)
            if form.is_valid() and self._decide(request, match, form):
                return redirect(reverse("admin:assistance_match_change", args=[match.pk]))
            match = self._full_match(request, object_id) or match
        return TemplateResponse(request, self.change_form_template, self._page(request, match, form))

    def _full_match(self, request: HttpRequest, object_id: str) -> Match | None:
        if not object_id.isdigit():
            return None
        return (
            Match.objects.visible_to(request.user)
            .select_related(*self.list_select_related)
            .prefetch_related(
                "request__needs__area",
                "request__needs__types",
                "request__steps",
                "offer__areas",
                "offer__types",
                "offer__members_of",
                "offer__states",
                "answers",
            )
            .filter(pk=object_id)
            .first()
        )

    def _decide(self, request: HttpRequest, match: Match, form: DecisionForm) -> bool:
        """Take the decision; what the service refuses goes back into the form."""
        chosen = form.cleaned_data["decision"]
        if not allows(request.user, chosen, match):
            raise NotAllowed(chosen, "match")
        named = {"misfit": form.cleaned_data["misfit"]} if chosen == "dismiss" else {}
        try:
            decided = DECISIONS[chosen](
                by=request.user,
                match=match,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["expected_version"],
                **named,
            )
        except ValidationError as problem:
            field = "reason" if "reason" in getattr(problem, "error_dict", {}) else None
            form.add_error(field, problem.messages)
            return False
        sentence = _("%(request)s with %(offer)s is now: %(status)s.") % {
            "request": decided.request.reference,
            "offer": decided.offer.reference,
            "status": decided.get_status_display(),
        }
        messages.success(request, sentence)
        return True

    def _page(self, request: HttpRequest, match: Match, form: DecisionForm) -> dict[str, Any]:
        others = (
            Match.objects.visible_to(request.user)
            .filter(request=match.request)
            .exclude(pk=match.pk)
            .exclude(status=Match.Status.SUPERSEDED)
            .select_related("offer__organization", "offer__state", "request")
            .defer("explanation")
            .order_by("-score")[:10]
        )
        transitions = [
            row
            for row in MATCH_LIFE_CYCLE.open_from(match)
            if row.action in DECISIONS and allows(request.user, row.action, match)
        ]
        return {
            **self.admin_site.each_context(request),
            "title": _("%(offer)s for %(requester)s")
            % {"offer": match.offer.title, "requester": match.request.requester},
            "opts": self.opts,
            "original": match,
            "match": match,
            "form": form,
            "explanation": explain(match),
            "comparison": side_by_side(match),
            "transitions": transitions,
            "can_decide": bool(transitions),
            "nobody_answers_for": self._without_people(match),
            "others": others,
            "history": [
                {
                    "who": entry.who,
                    "at": entry.at,
                    "what": entry.get_action_display(),
                    "text": entry.reason,
                    "tone": "neutral",
                }
                for entry in AuditEntry.objects.visible_to(request.user).about(match)[:30]
            ],
        }

    def _without_people(self, match: Match) -> list[str]:
        """Parties for which nobody could answer a proposal in the portal."""
        sides = ((match.request.requester, match.request.owners()), (match.offer.provider, match.offer.owners()))
        return [
            str(body)
            for body, owners in sides
            if not User.objects.acting_for(owners, *services.ANSWERING_ROLES).exists()
        ]

    def assign_view(self, request: HttpRequest, match_id: int) -> HttpResponse:
        """Take a match on one's own desk."""
        match = self._full_match(request, str(match_id))
        if match is None or request.method != "POST":
            return redirect("admin:assistance_match_changelist")
        services.match_assign(by=request.user, match=match)
        messages.success(request, _("The match is on your desk."))
        return redirect(reverse("admin:assistance_match_change", args=[match.pk]))

    # The queue

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        last_run = MatchingRun.objects.order_by("-pk").first()
        context = {
            "last_run": last_run,
            "can_run": allows(request.user, "run", "match"),
            "title": _("Match queue"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a run over all open requests, and follow it on its page."""
        if request.method == "POST":
            return redirect(run_on_demand(by=request.user))
        return redirect("admin:assistance_match_changelist")

    @admin.action(description=gettext_lazy("Shortlist"), permissions=["view"])
    def shortlist_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, lambda match: services.match_shortlist(by=request.user, match=match))

    @admin.action(description=gettext_lazy("Put on my desk"), permissions=["view"])
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, lambda match: services.match_assign(by=request.user, match=match))

    @admin.action(description=gettext_lazy("Dismiss with a reason"), permissions=["view"])
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Asks for the reason first; the same reason is kept with each match."""
        form = BulkDismissForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            told = form.cleaned_data
            self._each(
                request,
                queryset,
                lambda match: services.match_dismiss(
                    by=request.user, match=match, reason=told["reason"], misfit=told["misfit"]
                ),
            )
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Dismiss matches"),
            "opts": self.opts,
            "form": form,
            "matches": queryset,
            "action": "dismiss_selected",
        }
        return TemplateResponse(request, "admin/assistance/match/dismiss.html", context)

    def _each(self, request: HttpRequest, queryset: QuerySet, act: Callable[[Match], Match]) -> None:
        """Act on each selected match by itself; say how many went through, and why the others did not."""
        done = 0
        for match in queryset:
            try:
                act(match)
            except (ValidationError, PermissionDenied) as problem:
                text = "; ".join(problem.messages) if isinstance(problem, ValidationError) else str(problem)
                messages.warning(request, _("%(match)s: %(problem)s") % {"match": match.ref, "problem": text})
            else:
                done += 1
        if done:
            messages.success(request, ngettext("%(n)d match changed.", "%(n)d matches changed.", done) % {"n": done})
