"""The address book of the whole portal."""

from django.contrib import admin
from django.urls import include, path

from . import views
from .health import health

urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("search/", views.search, name="search"),
    path("notices/", views.notices, name="notices"),
    path("profile/", views.profile, name="profile"),
    path("health/", health, name="health"),
    path("accounts/", include("allauth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("", include("organizations.urls")),
    path("", include("assistance.urls")),
    path("", include("meetings.urls")),
    path("api/v1/", include("cooperation_portal.api.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "cooperation_portal.interface.errors.bad_request"
handler403 = "cooperation_portal.interface.errors.permission_denied"
handler404 = "cooperation_portal.interface.errors.page_not_found"
handler500 = "cooperation_portal.interface.errors.server_error"
