"""Addresses of the partner API."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
