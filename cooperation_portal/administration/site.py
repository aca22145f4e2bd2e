"""The admin site: Django's own, entered through the portal's one login."""

from django.contrib.admin.sites import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.policy import NotAllowed


class PortalAdminSite(AdminSite):
    site_header = _("1540 Cooperation Network")
    site_title = _("1540 Cooperation Network")
    index_title = _("Workbench")
    enable_nav_sidebar = False

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
