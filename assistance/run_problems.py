"""Why a run of the matching service failed or found nothing, and what to do: a sentence each for the reader."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunProblem(models.TextChoices):
    """Stored with the run as a code; the label is for the reader. `%(detail)s` is the matching library's sentence."""

    NO_POLICY = (
        "no_policy",
        _("There is no matching policy yet. The secretariat adds one in the workbench, or loads the reference data."),
    )
    BAD_POLICY = (
        "bad_policy",
        _("The matching policy cannot rank. %(detail)s The secretariat saves a corrected version in the workbench."),
    )
    BAD_RECORDS = (
        "bad_records",
        _("A record or vocabulary cannot be ranked. %(detail)s Correct it in the workbench, then ask for another run."),
    )
    WORKER_DIED = (
        "worker_died",
        _(
            "Three workers stopped while they carried out this run, so it was given up. What they had done is kept. "
            "Ask for another run; if it stops too, the operator looks at the memory and the log of the workers."
        ),
    )
    UNEXPECTED = (
        "unexpected",
        _(
            "The run met an error that it did not expect (%(detail)s). What was done until then is kept. Ask for "
            "another run; if it fails too, the operator finds the details in the log of the workers."
        ),
    )
    NO_REQUESTS = (
        "no_requests",
        _("No request is open, so there was nothing to match. Runs suggest something once a request is submitted."),
    )
    NO_OFFERS = (
        "no_offers",
        _("No live offer has room, so nothing could be suggested. Providers publish offers or raise their capacity."),
    )


def told(code: str, detail: str) -> str:
    """The sentence for a stored problem; empty if there is none."""
    if code not in RunProblem.values:
        return detail
    return str(RunProblem(code).label) % {"detail": detail}
