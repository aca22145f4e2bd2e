"""Read-only mode: nobody changes anything, reading goes on.

Asked at each write and never kept, so that the switch bites at the next request of every process. `policy.require` asks
before anything is done; `audit.recording` asks again under whatever needs no row of the role table, such as one's own
account or a form of the admin, and undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from .actors import Actor

if TYPE_CHECKING:
    from .models import ReadOnlyMode

#: Seconds after which it is worth trying again; nobody knows how long it takes.
RETRY_SECONDS = 60


class ReadOnly(PermissionDenied):
    """The portal takes no changes at the moment, whoever asks. `message` is what the secretariat says about it."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(
            _("The portal takes no changes at the moment; reading works. Nothing was changed. Try again later.")
        )


def standing() -> ReadOnlyMode | None:
    """The mode if it is on. One statement."""
    from .models import ReadOnlyMode

    return ReadOnlyMode.objects.filter(is_on=True).first()


def refuse_changes(actor: Actor) -> None:
    """Raise `ReadOnly` if the mode is on, for everybody but the portal itself."""
    if actor.is_system:
        return
    mode = standing()
    if mode is not None:
        raise ReadOnly(mode.message)
