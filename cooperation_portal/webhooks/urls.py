"""Addresses of the webhook pages, below those of the organization."""

from django.urls import path

from .views import deliveries, webhooks

app_name = "webhooks"

_LIST = "organizations/<slug:slug>/webhooks/"
_ONE = f"{_LIST}<int:pk>/"

urlpatterns = [
    path(_LIST, webhooks.webhook_list, name="list"),
    path(f"{_LIST}add/", webhooks.webhook_add, name="add"),
    path(_ONE, webhooks.webhook_detail, name="detail"),
    path(f"{_ONE}edit/", webhooks.webhook_edit, name="edit"),
    path(f"{_ONE}pause/", webhooks.webhook_pause_view, name="pause"),
    path(f"{_ONE}resume/", webhooks.webhook_resume_view, name="resume"),
    path(f"{_ONE}rotate/", webhooks.webhook_rotate_view, name="rotate"),
    path(f"{_ONE}end-former-secret/", webhooks.webhook_end_secret_view, name="end_secret"),
    path(f"{_ONE}delete/", webhooks.webhook_delete_view, name="delete"),
    path(f"{_ONE}ping/", deliveries.ping_view, name="ping"),
    path(f"{_ONE}send-again/", deliveries.failed_replay_view, name="replay_failed"),
    path(f"{_ONE}deliveries/<int:delivery_pk>/", deliveries.delivery_detail, name="delivery"),
    path(f"{_ONE}deliveries/<int:delivery_pk>/send-again/", deliveries.delivery_replay_view, name="replay"),
]
