"""Addresses of the organizations pages."""

from django.urls import URLPattern

app_name = "organizations"

urlpatterns: list[URLPattern] = []
