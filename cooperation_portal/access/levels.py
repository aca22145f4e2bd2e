"""Visibility levels, from the widest readership to the narrowest (design: who sees what)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """Who reads a record that is not a draft. The owner always does."""

    PUBLIC = "public", _("Public")
    NETWORK = "network", _("Network")
    PARTICIPANTS = "participants", _("Participants")
    COMMITTEE = "committee", _("Committee")


#: What a form or a badge says about each level, in words a reader understands without help.
READERS = {
    Level.PUBLIC: _("Anyone can read this"),
    Level.NETWORK: _("Members of the network and their systems can read this"),
    Level.PARTICIPANTS: _("Participants of the meeting, the Committee and its experts can read this"),
    Level.COMMITTEE: _("The Committee, its experts, the secretariat and the owner can read this"),
}
DRAFT_READERS = _("Draft: only the owner can read this")
