"""The address book of the whole portal."""

from django.contrib import admin
from django.urls import include, path, re_path

from . import views
from .api.information import NowhereView
from .health import health

urlpatterns = [
    # First, because partner systems ask the most and a path is compared with each pattern before its own.
    path("api/v1/", include("cooperation_portal.api.urls")),
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("search/", views.search, name="search"),
    path("news.atom", views.news_atom, name="news"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("notices/<int:pk>/open/", views.notice_open, name="notice_open"),
    path("profile/", views.profile, name="profile"),
    path("health/", health, name="health"),
    path("accounts/", include("allauth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("", include("organizations.urls")),
    path("", include("cooperation_portal.webhooks.urls")),
    path("", include("assistance.urls")),
    path("", include("meetings.urls")),
    re_path(r"^api/", NowhereView.as_view()),
    path("admin/", admin.site.urls),
]

handler400 = "cooperation_portal.interface.errors.bad_request"
handler403 = "cooperation_portal.interface.errors.permission_denied"
handler404 = "cooperation_portal.interface.errors.page_not_found"
handler500 = "cooperation_portal.interface.errors.server_error"
