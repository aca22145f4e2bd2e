"""Addresses of the assistance pages."""

from django.urls import path

from .views import matches

app_name = "assistance"

match_urls = [
    path("matches/", matches.match_list, name="match_list"),
    path("matches/<int:pk>/", matches.match_detail, name="match_detail"),
    path("matches/<int:pk>/answer/", matches.answer, name="match_answer"),
]

urlpatterns = [*match_urls]
