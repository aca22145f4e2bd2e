"""Work outside the request. Every task calls one service and may run twice without harm."""

from celery import shared_task

from .models import MatchingRun
from .services import offers
from .services.brief_notices import brief_announce
from .services.matching import carry_out_waiting
from .services.portfolio_plans import carry_out_plans
from .services.previews import previews_carry_out_waiting
from .services.queueing import queue_matching


@shared_task
def run_queued_matching() -> int:
    """Carry out the matching runs that wait."""
    return carry_out_waiting()


@shared_task
def match_everything() -> None:
    """The nightly run over all open requests and live offers."""
    queue_matching(cause=MatchingRun.Cause.NIGHTLY)


@shared_task
def compute_queued_plans() -> int:
    """Compute the portfolio plans that wait."""
    return carry_out_plans()


@shared_task
def run_queued_previews() -> int:
    """Compute the previews of drafted policies that wait."""
    return previews_carry_out_waiting()


@shared_task
def announce_brief() -> int:
    """Tell the experts that a period has ended and its matching brief can be made."""
    return brief_announce()


@shared_task
def complete_ended_offers() -> int:
    """Complete the offers that have passed their end, start those whose start has come; give back how many moved."""
    return offers.complete_ended_offers() + offers.start_planned_offers()
