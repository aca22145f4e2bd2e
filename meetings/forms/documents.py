"""The form in which a participant posts a document."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.interface.forms import PlainMessages
from organizations.models import Organization, State

from ..models import Meeting
from ..uploads import ALLOWED_EXTENSIONS
from .fields import level_field

LEVELS = (Level.PARTICIPANTS, Level.NETWORK, Level.PUBLIC, Level.COMMITTEE)
#: The key of "for the Committee's experts" among the posters.
COMMITTEE = "committee"


class DocumentForm(PlainMessages, forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("What the document is, in a few words."))
    file = forms.FileField(label=_("File"), allow_empty_file=True)

    def __init__(self, *args: Any, meeting: Meeting, posters: dict[str, Organization | State | None], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.posters = posters
        self.fields["file"].help_text = _now("At most %(size)s. Kinds: %(kinds)s.") % {
            "size": filesizeformat(settings.DOCUMENT_MAX_BYTES),
            "kinds": ", ".join(ALLOWED_EXTENSIONS),
        }
        self.fields["file"].widget.attrs["accept"] = ",".join(ALLOWED_EXTENSIONS)
        if len(posters) > 1:
            words = {key: str(body) if body else _now("the Committee's experts") for key, body in posters.items()}
            self.fields["poster"] = forms.ChoiceField(label=_("On behalf of"), choices=list(words.items()))
        self.fields["visibility"] = level_field(LEVELS, initial=Level.PARTICIPANTS, meeting=meeting.title)

    def poster(self) -> Organization | State | None:
        """On whose behalf; the only one there is, where there is no choice."""
        if "poster" in self.fields:
            return self.posters[self.cleaned_data["poster"]]
        return next(iter(self.posters.values()))


def posters_of(who: Any, meeting: Meeting) -> dict[str, Organization | State | None]:
    """Bodies on whose behalf `who` may post here: those that take part, and for experts the Committee itself."""
    actor = actor_for(who)
    parties = meeting.parties()
    organizations = [key for key in actor.organization_ids if ("organization", key) in parties]
    states = [key for key in actor.state_ids if ("state", key) in parties]
    bodies: list[Organization | State] = [
        *Organization.objects.filter(pk__in=organizations),
        *State.objects.filter(pk__in=states),
    ]
    found: dict[str, Organization | State | None] = {f"{body.record_type}:{body.ref}": body for body in bodies}
    if actor.is_expert or actor.is_secretariat:
        found = {COMMITTEE: None, **found}
    return found
