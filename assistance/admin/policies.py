"""The matching policy and the runs of the matching service."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperation_portal.administration.base import PortalAdminForm, PortalModelAdmin

from ..models import MatchingPolicy, MatchingRun
from ..services.policies import POLICY_FIELDS, check_policy, policy_create


class PolicyForm(PortalAdminForm):
    """A new version starts from the one in force; the library says whether it can rank."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_force = MatchingPolicy.objects.order_by("-version").first()
        if self.instance.pk is None and in_force is not None:
            for name in POLICY_FIELDS:
                self.initial.setdefault(name, getattr(in_force, name))

    def clean(self) -> dict[str, Any] | None:
        values = super().clean()
        if not self.errors:
            check_policy(MatchingPolicy(version=0, **{name: self.cleaned_data[name] for name in POLICY_FIELDS}))
        return values


@admin.register(MatchingPolicy)
class MatchingPolicyAdmin(PortalModelAdmin):
    """Versions are added, never altered: stored matches name the version that ranked them."""

    form = PolicyForm
    audit_actions = ("policy.created", "policy.created")
    list_display = ["version", "threshold", "created_at", "created_by_label", "note"]
    fields = [*POLICY_FIELDS, "note"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        policy_create(by=request.user, policy=form.instance)


@admin.register(MatchingRun)
class MatchingRunAdmin(PortalModelAdmin):
    """What the service did and when; rows are written by the service alone."""

    list_display = ["pk", "status", "cause", "about", "progress", "suggested", "changed", "superseded", "queued_at"]
    list_filter = ["status", "cause"]
    list_select_related = ["offer", "request"]

    @admin.display(description=gettext_lazy("Over"))
    def about(self, run: MatchingRun) -> str:
        subject = run.offer or run.request
        return subject.reference if subject else _("all open requests")

    @admin.display(description=gettext_lazy("Progress"))
    def progress(self, run: MatchingRun) -> str:
        return _("%(done)s of %(total)s requests") % {"done": run.requests_done, "total": run.requests_total}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
