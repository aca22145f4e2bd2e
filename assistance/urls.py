"""Addresses of the assistance pages."""

from django.urls import path

from .views import areas, matches, offers, project_actions, projects, request_actions, request_editing, requests
from .views.planning import index as planning

app_name = "assistance"

offer_urls = [
    path("offers/", offers.offer_list, name="offer_list"),
    path("offers/new/", offers.offer_new, name="offer_new"),
    path("offers/<str:reference>/", offers.offer_detail, name="offer_detail"),
    path("offers/<str:reference>/edit/", offers.offer_edit, name="offer_edit"),
    path("offers/<str:reference>/<slug:action>/", offers.offer_transition, name="offer_transition"),
]

area_urls = [
    path("areas/", areas.area_list, name="area_list"),
    path("areas/types/", areas.type_list, name="type_list"),
    path("areas/paragraphs/", areas.paragraph_list, name="paragraph_list"),
    path("areas/matrix/", areas.matrix_list, name="matrix_list"),
    path("areas/<str:code>/", areas.area_detail, name="area_detail"),
]

match_urls = [
    path("matches/", matches.match_list, name="match_list"),
    path("matches/<int:pk>/", matches.match_detail, name="match_detail"),
    path("matches/<int:pk>/answer/", matches.answer, name="match_answer"),
]

request_urls = [
    path("requests/", requests.request_list, name="request_list"),
    path("requests/new/", request_editing.request_new, name="request_new"),
    path("requests/record/", request_editing.request_record_new, name="request_record"),
    path("requests/<str:reference>/", requests.request_detail, name="request_detail"),
    path("requests/<str:reference>/edit/", request_editing.request_edit, name="request_edit"),
    path(
        "requests/<str:reference>/<slug:action>/",
        request_actions.request_transition,
        name="request_transition",
    ),
]

project_urls = [
    path("projects/", projects.project_list, name="project_list"),
    path("projects/new/", projects.project_new, name="project_new"),
    path("projects/from-match/<int:pk>/", projects.project_start, name="project_from_match"),
    path("projects/<str:reference>/", projects.project_detail, name="project_detail"),
    path("projects/<str:reference>/edit/", projects.project_edit, name="project_edit"),
    path("projects/<str:reference>/<slug:action>/", project_actions.project_transition, name="project_transition"),
]

planning_urls = [
    path("planning/", planning.planning_index, name="planning"),
]

urlpatterns = [*offer_urls, *request_urls, *match_urls, *project_urls, *planning_urls, *area_urls]
