"""The admin site: Django's own, entered through the portal's one login."""

from typing import Any

from django.contrib.admin.sites import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.policy import NotAllowed

#: Tables of libraries that nobody edits by hand: rights come from affiliations, accounts from their own pages.
LEFT_OUT = {("auth", "group"), ("account", "emailaddress"), ("mfa", "authenticator")} | {
    ("django_celery_beat", f"{kind}schedule") for kind in ("solar", "clocked")
}


class PortalAdminSite(AdminSite):
    site_header = _("1540 Cooperation Network")
    site_title = _("1540 Cooperation Network")
    index_title = _("Workbench")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else [*model_or_iterable]
        kept = [model for model in models if (model._meta.app_label, model._meta.model_name) not in LEFT_OUT]
        super().register(kept, admin_class, **options)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """There is one login; who is signed in without a Committee role is told so."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise NotAllowed("view", "admin")
        return redirect_to_login(request.get_full_path(), reverse("account_login"))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        return redirect("account_logout")
