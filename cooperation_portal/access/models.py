"""What holds for everybody's writes at once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

#: The table's only row.
ONLY_ROW = 1


class ReadOnlyMode(models.Model):
    """Whether the portal takes changes now. In the database, so that every process knows at its next request."""

    record_type = "read_only"

    is_on = models.BooleanField(
        _("read-only"),
        default=False,
        help_text=_("Nobody can change anything from the next request on; reading and signing in go on."),
    )
    message = models.CharField(
        _("message"),
        max_length=300,
        blank=True,
        help_text=_("Why, and until when. Everybody who is signed in reads it on every page."),
    )
    since = models.DateTimeField(_("since"), null=True, editable=False)

    class Meta:
        verbose_name = _("read-only mode")
        verbose_name_plural = _("read-only mode")
        constraints = [models.CheckConstraint(condition=models.Q(pk=ONLY_ROW), name="read_only_mode_one_row")]

    def __str__(self) -> str:
        return str(_("Changes are stopped") if self.is_on else _("Changes are taken"))

    @property
    def ref(self) -> str:
        return "read-only mode"
