"""Visibility levels, from the widest readership to the narrowest (design: who sees what)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """Who reads a record that is not a draft. The owner always does."""

    PUBLIC = "public", _("Public")
    NETWORK = "network", _("Network")
    PARTICIPANTS = "participants", _("Participants")
    COMMITTEE = "committee", _("Committee")
