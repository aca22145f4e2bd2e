"""Addresses of the assistance pages."""

from django.urls import path

from .views import (
    areas,
    candidates,
    iati,
    matches,
    offers,
    project_actions,
    projects,
    request_actions,
    request_editing,
    requests,
)
from .views.coverage import heat, overlaps
from .views.coverage import lists as coverage_lists
from .views.planning import brief, feedback, packages, portfolio, runs
from .views.planning import index as planning

app_name = "assistance"

offer_urls = [
    path("offers/", offers.offer_list, name="offer_list"),
    path("offers/new/", offers.offer_new, name="offer_new"),
    path("offers/<str:reference>/", offers.offer_detail, name="offer_detail"),
    path("offers/<str:reference>/edit/", offers.offer_edit, name="offer_edit"),
    path("offers/<str:reference>/requests/", candidates.offer_requests, name="offer_requests"),
    path("offers/<str:reference>/<slug:action>/", offers.offer_transition, name="offer_transition"),
    path("iati/activities.xml", iati.iati_activities, name="iati_activities"),
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
    path("requests/<str:reference>/candidates/", candidates.request_candidates, name="request_candidates"),
    path("requests/<str:reference>/compare/", candidates.request_compare, name="request_compare"),
    path("requests/<str:reference>/offers/<str:offer_reference>/", candidates.pair, name="pair"),
    path("requests/<str:reference>/offers/<str:offer_reference>/ask/", candidates.pair_ask, name="pair_ask"),
    path("requests/<str:reference>/packages/", packages.request_packages, name="request_packages"),
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
    path("planning/feedback/", feedback.feedback, name="feedback"),
    path("planning/feedback/matches/", feedback.feedback_matches, name="feedback_matches"),
    path("planning/feedback/table.csv", feedback.feedback_csv, name="feedback_csv"),
    path("planning/portfolio/", portfolio.portfolio, name="portfolio"),
    path("planning/portfolio/<int:pk>/", portfolio.portfolio_plan, name="portfolio_plan"),
    path("planning/portfolio/<int:pk>/places/", portfolio.portfolio_places, name="portfolio_places"),
    path("planning/portfolio/<int:pk>/<slug:part>/", portfolio.portfolio_part, name="portfolio_part"),
    path("planning/portfolio/<int:pk>/<slug:table>.csv", portfolio.portfolio_csv, name="portfolio_csv"),
    path("planning/runs/", runs.run_list, name="run_list"),
    path("planning/runs/<int:pk>/", runs.run_detail, name="run_detail"),
]

brief_urls = [
    path("planning/brief/", brief.planning_brief, name="planning_brief"),
    path("planning/brief/pdf/", brief.planning_brief_pdf, name="planning_brief_pdf"),
    path("planning/brief/word/", brief.planning_brief_word, name="planning_brief_word"),
]

coverage_urls = [
    path("coverage/", heat.coverage, name="coverage"),
    path("coverage/table.csv", heat.coverage_csv, name="coverage_csv"),
    path("coverage/needs/", coverage_lists.coverage_needs, name="coverage_needs"),
    path("coverage/offers/", coverage_lists.coverage_offers, name="coverage_offers"),
    path("coverage/overlaps/", overlaps.coverage_overlaps, name="coverage_overlaps"),
    path("coverage/overlaps.csv", overlaps.coverage_overlaps_csv, name="coverage_overlaps_csv"),
    path("coverage/states/<str:iso3>/", overlaps.coverage_state, name="coverage_state"),
]

urlpatterns = [
    *coverage_urls,
    *brief_urls,
    *offer_urls,
    *request_urls,
    *match_urls,
    *project_urls,
    *planning_urls,
    *area_urls,
]
