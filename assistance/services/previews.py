"""Trying a drafted policy on all open requests and on what people decided. Nothing of what is ranked is written."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.matching import Matcher, OfferProfile, Policy, Ranking, RequestProfile
from assistance.matching.book import OfferBook
from assistance.matching.policy import InvalidPolicy
from assistance.matching.policy_change import (
    DecidedPair,
    Listed,
    Place,
    RankingChanges,
    Shown,
    agreement,
    as_values,
    largest,
    place_of,
)
from assistance.matching.profiles import InvalidProfile
from assistance.matching.scoring import score
from cooperation_portal.access.policy import require
from cooperation_portal.queueing import hurry, only_worker

from ..models import AssistanceRequest, Match, Offer, PolicyPreview
from ..models.matches import DECIDED_STATUSES, REFUSED_STATUSES
from .policies import newest_policy
from .profiles import offer_profiles, request_profiles
from .ranking import MatchingNotPossible, current_matcher
from .runs.limits import SUGGESTIONS_PER_REQUEST

logger = logging.getLogger(__name__)

#: Up to so many open requests and live offers together the person waits (a second or two); more go to the worker.
AT_ONCE = 1_500
#: The newest decisions that are looked at; more would not change the picture.
MOST_DECIDED = 2_000
#: First key of the advisory locks that mark a preview as being computed.
PREVIEW_LOCKS = 2329
PROGRESS_EVERY = 25
KEPT_FOR = timedelta(days=30)


def preview_start(*, by: Any, draft: Mapping[str, Any], note: str = "") -> PolicyPreview:
    """Try a draft, given as the six values of a policy: at once where that is quick, else by the worker.

    Older previews are thrown away. Raises `MatchingNotPossible` where no policy is in force.
    """
    actor = require(by, "preview", "policy")
    newest = newest_policy()
    if newest is None:
        current_matcher()  # says so
    PolicyPreview.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    preview = PolicyPreview.objects.create(
        draft=dict(draft),
        note=note,
        based_on=newest.version if newest else 0,
        created_by_label=actor.label,
        requests_total=AssistanceRequest.objects.open().count(),
    )
    if preview.requests_total + Offer.objects.live().count() <= AT_ONCE:
        preview_carry_out(preview.pk)
        preview.refresh_from_db()
    else:
        from ..tasks import run_queued_previews

        hurry(run_queued_previews)
    return preview


def previews_carry_out_waiting() -> int:
    """Compute every preview that waits, and those that a stopped worker left; give back how many."""
    waiting = PolicyPreview.objects.filter(
        status__in=(PolicyPreview.Status.QUEUED, PolicyPreview.Status.RUNNING)
    ).order_by("pk")
    return sum(preview_carry_out(pk) for pk in list(waiting.values_list("pk", flat=True)))


def preview_carry_out(preview_id: int) -> bool:
    """Compute one preview. False if another worker has it or it is done already."""
    with only_worker(PREVIEW_LOCKS, preview_id) as is_ours:
        preview = PolicyPreview.objects.filter(pk=preview_id).first()
        if not is_ours or preview is None or not preview.is_waiting:
            return False
        preview.status = PolicyPreview.Status.RUNNING
        preview.save(update_fields=["status"])
        try:
            preview.result = Trial(preview).result()
            preview.status = PolicyPreview.Status.DONE
        except (InvalidPolicy, InvalidProfile, MatchingNotPossible) as problem:
            preview.status, preview.problem = PolicyPreview.Status.FAILED, str(problem)
        except Exception:
            # Not tried again by itself: the same draft would fail again, and others wait behind it.
            logger.exception("Preview %s of a policy failed", preview.pk)
            preview.status = PolicyPreview.Status.FAILED
            preview.problem = _("The preview stopped because of a fault in the portal, which is in its log. Try again.")
        finally:
            preview.finished_at = timezone.now()
            preview.save(update_fields=["status", "result", "problem", "finished_at"])
    return True


class Trial:
    """One preview in progress: two matchers over the same offers, and what is decided already."""

    def __init__(self, preview: PolicyPreview) -> None:
        self.preview = preview
        self.before = current_matcher()
        self.after = Matcher(self.before.directory, Policy(version="draft", **preview.draft), self.before.today)
        self.decided = _decided_by_request()
        self.offers = self._offers()
        live = offer_profiles(Offer.objects.live())
        #: One book serves both: it says nothing that depends on a policy.
        self.book: OfferBook = self.before.book(live.values())

    def _offers(self) -> dict[int, OfferProfile]:
        """Profiles of decided offers, live or not, by primary key."""
        wanted = {offer for pairs in self.decided.values() for offer, _accepted in pairs}
        return offer_profiles(Offer.objects.filter(pk__in=wanted))

    def result(self) -> dict[str, Any]:
        """Rank every request under both policies, one after the other; plain values for the page."""
        shown_before, shown_after = _shown(self.before.policy), _shown(self.after.policy)
        changes = RankingChanges(shown_before, shown_after)
        pairs: list[DecidedPair] = []
        open_requests = set(AssistanceRequest.objects.open().values_list("pk", flat=True))
        wanted = AssistanceRequest.objects.filter(Q(pk__in=open_requests) | Q(pk__in=set(self.decided)))
        profiles = request_profiles(wanted)
        rankings = [matcher.rank_each(profiles.values(), self.book) for matcher in (self.before, self.after)]
        for number, ((pk, profile), *both) in enumerate(zip(profiles.items(), *rankings, strict=True), start=1):
            was, is_now = (_listed(ranking) for ranking in both)
            if pk in open_requests:
                changes.add(profile.reference, was, is_now)
            pairs += [
                DecidedPair(
                    profile.reference,
                    self.offers[offer].reference,
                    self._place(self.before, profile, offer, was, shown_before),
                    self._place(self.after, profile, offer, is_now, shown_after),
                    is_accepted,
                )
                for offer, is_accepted in self.decided.get(pk, ())
            ]
            if number % PROGRESS_EVERY == 0:
                PolicyPreview.objects.filter(pk=self.preview.pk).update(requests_done=changes.requests)
        return self._told(changes, pairs)

    def _place(self, matcher: Matcher, request: RequestProfile, offer: int, listed: Listed, shown: Shown) -> Place:
        profile = self.offers[offer]
        return place_of(profile.reference, score(matcher.pair(request, profile)).hundredths, listed, shown)

    def _told(self, changes: RankingChanges, pairs: list[DecidedPair]) -> dict[str, Any]:
        agreed = agreement(pairs)
        moved = largest(pairs)
        decided = Match.objects.filter(status__in=DECIDED_STATUSES).count()
        return {
            "offers": len(self.book),
            "requests": changes.requests,
            "first_changed": changes.first_changed,
            "overlap_3": changes.overlap(3),
            "overlap_5": changes.overlap(5),
            "shown_before": changes.shown_before,
            "shown_after": changes.shown_after,
            "appear": changes.appear,
            "disappear": changes.disappear,
            "empty_before": changes.empty_before,
            "empty_after": changes.empty_after,
            "moves": as_values(changes.moves),
            "agreement": asdict(agreed) | {"verdict": agreed.verdict},
            "decided": len(pairs),
            "decided_left_out": max(0, decided - len(pairs)),
            "decided_moves": [
                {**move, "is_accepted": pair.is_accepted} for move, pair in zip(as_values(moved), moved, strict=True)
            ],
        }


def _listed(ranking: Ranking) -> Listed:
    return [(found.offer, found.hundredths) for found in ranking.suggestions]


def _shown(policy: Policy) -> Shown:
    return Shown(round(100 * policy.threshold), SUGGESTIONS_PER_REQUEST)


def _decided_by_request() -> dict[int, list[tuple[int, bool]]]:
    """Decided pairs by request: the offer, and whether people accepted it. The newest decisions only."""
    newest = Match.objects.filter(status__in=DECIDED_STATUSES).order_by("-decided_at", "-pk")[:MOST_DECIDED]
    found: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for request, offer, status in newest.values_list("request_id", "offer_id", "status"):
        found[request].append((offer, status not in REFUSED_STATUSES))
    return found
