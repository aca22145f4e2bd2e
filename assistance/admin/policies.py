"""The matching policy: its versions, a draft tried out before it is saved, and what each version changed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.matching import DEFAULT_POLICY
from cooperation_portal.access.policy import require
from cooperation_portal.administration.base import PortalModelAdmin
from cooperation_portal.interface.refusals import add_problem

from .. import run_pages
from ..forms.policies import PolicyDraftForm
from ..models import MatchingPolicy, MatchingRun, PolicyPreview
from ..policy_words import change_sentences, side_by_side, stored_values
from ..preview_words import shown_preview
from ..services.policies import PolicyMovedOn, newest_policy, policy_create
from ..services.previews import preview_start
from ..services.ranking import MatchingNotPossible

VERSIONS_PER_PAGE = 25


@admin.register(MatchingPolicy)
class MatchingPolicyAdmin(PortalModelAdmin):
    """Versions are added, never altered: stored matches name the version that ranked them."""

    audit_actions = ("policy.created", "policy.created")

    # The versions

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All versions, newest first: who, when, why, and what each changed against the one before it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        versions = list(MatchingPolicy.objects.all())
        before = dict(pairwise(versions))
        page = Paginator(versions, VERSIONS_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "rows": [
                {
                    "policy": policy,
                    "changes": change_sentences(
                        stored_values(policy), stored_values(before[policy]) if policy in before else None
                    ),
                    "is_in_force": policy is versions[0],
                }
                for policy in page
            ],
            "can_save": self.has_add_permission(request),
        }
        return self._page(request, "versions", _("Versions of the matching policy"), context)

    # One version, or a new one

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("preview/", view(self.preview_view), name="assistance_matchingpolicy_preview"),
            path(
                "preview/<int:preview_id>/",
                view(self.preview_result_view),
                name="assistance_matchingpolicy_preview_result",
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
        return self._new(request) if object_id is None else self._version(request, object_id)

    def _version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One version beside another: the one before it, or the one that the reader chose."""
        if request.method != "GET":
            raise PermissionDenied
        policy = get_object_or_404(MatchingPolicy, pk=object_id) if object_id.isdigit() else None
        if policy is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        others = list(MatchingPolicy.objects.exclude(pk=policy.pk))
        chosen = request.GET.get("with", "")
        other = next(
            (row for row in others if str(row.version) == chosen),
            next((row for row in others if row.version < policy.version), None),
        )
        context = {
            "policy": policy,
            "other": other,
            "others": others,
            "groups": side_by_side(stored_values(policy), stored_values(other) if other else None),
            "is_in_force": all(row.version < policy.version for row in others),
        }
        title = _("Version %(version)s of the matching policy") % {"version": policy.version}
        return self._page(request, "version", title, context)

    def _new(self, request: HttpRequest) -> HttpResponse:
        """Save a draft as the next version (secretariat)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self._form(request, is_saved=True)
        if request.method == "POST" and form.is_valid():
            try:
                stored = policy_create(by=request.user, policy=form.policy(), based_on=form.cleaned_data["based_on"])
            except PolicyMovedOn as problem:
                return self._draft_page(request, form.begun_from(problem.newest.version), moved_on=problem)
            except ValidationError as problem:
                add_problem(form, problem)
            else:
                sentence = _("Version %(version)s is in force. All open requests are matched again under it.")
                messages.success(request, sentence % {"version": stored.version})
                return redirect("admin:assistance_matchingpolicy_changelist")
        return self._draft_page(request, form)

    # Trying a draft

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Draft a policy and see what it would change; nothing is saved."""
        require(request.user, "preview", "policy")
        form = self._form(request)
        if request.method == "POST" and form.is_valid():
            try:
                preview = preview_start(by=request.user, draft=form.draft(), note=form.cleaned_data["note"])
            except MatchingNotPossible as problem:
                form.add_error(None, str(problem))
            else:
                return redirect("admin:assistance_matchingpolicy_preview_result", preview.pk)
        return self._draft_page(request, form)

    def preview_result_view(self, request: HttpRequest, preview_id: int) -> HttpResponse:
        """What the draft would change, or how far the computing is."""
        require(request.user, "view", "policy")
        preview = get_object_or_404(PolicyPreview, pk=preview_id)
        in_force = newest_policy()
        context = {
            "preview": preview,
            "shown": shown_preview(preview, request.user) if preview.result else None,
            "changes": change_sentences(preview.draft, stored_values(in_force) if in_force else None),
            "in_force": in_force,
            "can_save": self.has_add_permission(request),
        }
        return self._page(request, "preview", _("What the draft would change"), context)

    def _form(self, request: HttpRequest, *, is_saved: bool = False) -> PolicyDraftForm:
        """The draft as typed, or at first a preview's, or the version in force."""
        in_force = newest_policy()
        start = stored_values(in_force) if in_force else DEFAULT_POLICY.as_dict()
        initial: dict[str, Any] = {"based_on": in_force.version if in_force else 0}
        wanted = request.GET.get("from", "")
        preview = PolicyPreview.objects.filter(pk=wanted).first() if wanted.isdigit() else None
        if preview is not None:
            start = preview.draft
            initial = {"based_on": preview.based_on, "note": preview.note}
        data = request.POST if request.method == "POST" else None
        return PolicyDraftForm(data, start=start, initial=initial, is_saved=is_saved)

    def _draft_page(
        self, request: HttpRequest, form: PolicyDraftForm, *, moved_on: PolicyMovedOn | None = None
    ) -> HttpResponse:
        newest = moved_on.newest if moved_on else None
        before = MatchingPolicy.objects.filter(version=newest.version - 1).first() if newest else None
        context = {
            "form": form,
            "moved_on": moved_on,
            "their_changes": change_sentences(stored_values(newest), stored_values(before) if before else None)
            if newest
            else [],
            "can_save": self.has_add_permission(request),
        }
        return self._page(request, "draft", _("Draft a matching policy"), context)

    def _page(self, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, f"admin/assistance/matchingpolicy/{name}.html", shared | context)


@admin.register(MatchingRun)
class MatchingRunAdmin(PortalModelAdmin):
    """What the service did and when; rows are written by the service alone."""

    list_display = ["pk", "status", "cause", "about", "progress", "suggested", "changed", "superseded", "took"]
    list_filter = ["status", "cause"]
    list_select_related = ["offer", "request"]

    @admin.display(description=gettext_lazy("Over"))
    def about(self, run: MatchingRun) -> str:
        return run_pages.about(run)

    @admin.display(description=gettext_lazy("Progress"))
    def progress(self, run: MatchingRun) -> str:
        return run_pages.progress(run)

    @admin.display(description=gettext_lazy("Took"))
    def took(self, run: MatchingRun) -> str:
        return run_pages.duration(run.duration)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
