"""Addresses of the meetings pages."""

from django.urls import URLPattern

app_name = "meetings"

urlpatterns: list[URLPattern] = []
