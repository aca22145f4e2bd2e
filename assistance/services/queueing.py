"""Asks for matching runs. The row is written with the change that made it necessary; a worker carries it out."""

from __future__ import annotations

from django.db import transaction

from cooperation_portal.queueing import hurry

from ..models import AssistanceRequest, MatchingRun, Offer


@transaction.atomic
def queue_matching(
    *,
    cause: MatchingRun.Cause,
    offer: Offer | None = None,
    request: AssistanceRequest | None = None,
    asked_by: str = "",
) -> MatchingRun:
    """Queue a run over the pairs of one offer, of one request, or over all; one waiting run for the same is enough.

    The waiting run is held until commit: a worker takes it up after that and so sees the change that asked for it.
    """
    from ..tasks import run_queued_matching

    waiting = MatchingRun.objects.filter(status=MatchingRun.Status.QUEUED, offer=offer, request=request)
    run = waiting.select_for_update(of=("self",), no_key=True).order_by("pk").first()
    if run is None:
        run = MatchingRun.objects.create(cause=cause, offer=offer, request=request, asked_by_label=asked_by[:200])
    hurry(run_queued_matching)
    return run
