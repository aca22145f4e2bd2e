"""What providers do with their offers. Each service checks the actor, locks, changes, records and asks for matching.

Raised to every caller: `NotAllowed` (the role table says no), `StaleVersion` (the record is not the version given as
`expected_version`), `IllegalTransition` (the status does not allow it) and `ValidationError` by field.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperation_portal import audit, changes
from cooperation_portal.access.actors import SYSTEM, Actor, actor_for
from cooperation_portal.access.policy import allows, require
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.models import Provenance, next_reference
from cooperation_portal.records.write import created, lock, recorded, told_snapshot
from organizations.models import Organization, State

from ..lifecycles.offers import CONFIRMABLE_STATUSES, EDITABLE_STATUSES, OFFER_LIFE_CYCLE
from ..models import MatchingRun, Offer
from ..models.offers import DatePrecision
from .offer_values import OfferValues, already_over, check, missing, write_plain, write_relations
from .queueing import queue_matching

logger = logging.getLogger(__name__)

#: Actions of a person on an offer, in the order of the buttons.
OFFER_ACTIONS = ("update", "publish", "start", "resume", "confirm", "complete", "suspend", "withdraw", "discard")


def offer_create(
    *,
    by: Any,
    provider: Organization | State,
    values: OfferValues,
    publish: bool = False,
    iati_identifier: str = "",
) -> Offer:
    """Draft an offer of an organization or a State, or publish it at once.

    A draft needs a title alone. To be published it must be complete (`missing`) and not over. `iati_identifier` is
    that of the activity from which the offer is imported.
    """
    offer = Offer(iati_identifier=iati_identifier)
    offer.organization = provider if isinstance(provider, Organization) else None
    offer.state = provider if isinstance(provider, State) else None
    require(by, "create", offer)
    if publish:
        require(by, "publish", offer)
    values = values.tidied()
    write_plain(offer, values)
    with transaction.atomic():
        if publish:
            _check_to_publish(offer, values)
            _publish(offer)
        else:
            check(offer, values, to_publish=False)
        offer.reference = next_reference("OFF", timezone.localdate().year)
        with created(offer, by=by, action="offer.published" if publish else "offer.created") as offer:
            write_relations(offer, values)
            if publish:
                queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    return offer


def offer_update(
    *, by: Any, offer: Offer, values: OfferValues, expected_version: int | None = None, publish: bool = False
) -> Offer:
    """Say something else in an offer; with `publish`, publish the draft by the same write.

    A published one stays published and must stay complete. What its own provider saves, the provider has confirmed: a
    record from public sources becomes the provider's own.
    """
    require(by, "update", offer)
    if publish:
        require(by, "publish", offer)
    values = values.tidied()
    action = "offer.published" if publish else "offer.updated"
    with recorded(offer, by=by, action=action, expected_version=expected_version) as offer:
        if offer.status not in EDITABLE_STATUSES:
            raise IllegalTransition(
                _("It is withdrawn and can no longer be changed. Post it anew instead."), code="illegal_transition"
            )
        write_plain(offer, values)
        _confirm_if_own(offer, by)
        check(
            offer,
            values,
            to_publish=publish or not (offer.is_draft or offer.is_from_public_source),
            also=already_over(values) if publish or offer.status == Offer.Status.PLANNED else None,
        )
        write_relations(offer, values)
        if publish:
            _publish(offer)
        if not offer.is_draft:
            _follow_its_start(offer)
            queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    return offer


def offer_publish(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> Offer:
    """Publish a draft: planned if its start lies in the future, else ongoing."""
    require(by, "publish", offer)
    with recorded(
        offer, by=by, action="offer.published", expected_version=expected_version, reason=reason, clean=False
    ) as offer:
        # The status is asked first: "it is published already" comes before anything that may be missing.
        if offer.is_draft:
            _check_to_publish(offer, OfferValues.of(offer))
        _publish(offer)
        queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    return offer


def offer_start(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> Offer:
    """Begin a planned offer now; a start that still lies ahead becomes today."""

    def begin(offer: Offer) -> None:
        if not _has_begun(offer):
            offer.starts_on, offer.starts_precision = timezone.localdate(), DatePrecision.DAY

    return _move(by, offer, "start", "offer.started", expected_version, reason, begin)


def offer_suspend(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> Offer:
    """Hold a published offer: it stays visible and is not matched."""
    return _move(by, offer, "suspend", "offer.suspended", expected_version, reason)


def offer_resume(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> Offer:
    """Go on after a suspension: planned if its start lies in the future, else ongoing."""
    return _move(by, offer, "resume", "offer.resumed", expected_version, reason, _follow_its_start)


def offer_complete(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> Offer:
    """Say that an offer has done its work."""
    return _move(by, offer, "complete", "offer.completed", expected_version, reason)


def offer_withdraw(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> Offer:
    """Take a published offer back for good; it stays on record."""
    return _move(by, offer, "withdraw", "offer.withdrawn", expected_version, reason)


def offer_confirm(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> Offer:
    """Say that what an offer says is still true.

    A record from public sources, if complete, becomes its provider's own by it; nobody else can confirm such a record.
    """
    require(by, "confirm", offer)
    with recorded(
        offer, by=by, action="offer.confirmed", expected_version=expected_version, reason=reason, clean=False
    ) as offer:
        if not _may_be_confirmed(offer):
            raise IllegalTransition(
                _("Only what is planned, ongoing or suspended can be confirmed."), code="illegal_transition"
            )
        if offer.is_from_public_source:
            if not acts_for_provider(by, offer):
                raise ValidationError(_("Only its provider can confirm a record from public sources."), code="not_own")
            _check_complete(offer)
            queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
        offer.provenance, offer.confirmed_on = _confirmed_provenance(offer), timezone.localdate()
    return offer


def offer_discard(*, by: Any, offer: Offer, expected_version: int | None = None, reason: str = "") -> None:
    """Throw a draft away. What was ever published is withdrawn instead."""
    require(by, "discard", offer)
    with transaction.atomic(), changes.together():
        locked = lock(offer, expected_version=expected_version)
        if not locked.is_draft:
            raise IllegalTransition(
                _("Only a draft can be thrown away. Withdraw this one instead."), code="illegal_transition"
            )
        audit.record(action="offer.discarded", obj=locked, by=by, before=told_snapshot(locked), after={}, reason=reason)
        changes.record(locked, op="remove")
        locked.delete()


#: What the pages, the API and the admin call for each action that changes the status or says that it still holds.
OFFER_SERVICES: dict[str, Callable[..., Offer | None]] = {
    "publish": offer_publish,
    "start": offer_start,
    "suspend": offer_suspend,
    "resume": offer_resume,
    "complete": offer_complete,
    "withdraw": offer_withdraw,
    "confirm": offer_confirm,
    "discard": offer_discard,
}


def offer_actions(who: Any, offer: Offer) -> list[str]:
    """The actions that `who` may take on an offer as it stands, in the order of the buttons."""
    actor = actor_for(who)
    return [name for name in OFFER_ACTIONS if allows(actor, name, offer) and _is_open(actor, name, offer)]


def acts_for_provider(who: Any, offer: Offer) -> bool:
    """Whether `who` speaks for the provider itself, and not, as the secretariat may, on its behalf."""
    return bool(actor_for(who).bodies & offer.owners())


def complete_ended_offers(today: date | None = None) -> int:
    """Complete what has passed its end (the portal itself, nightly); give back how many."""
    day = today or timezone.localdate()
    ended = Offer.objects.current().filter(status__in=CONFIRMABLE_STATUSES, ends_on__lt=day)
    return _each_by_itself(ended.order_by("pk"), offer_complete, reason=_("Its end date has passed."))


def start_planned_offers(today: date | None = None) -> int:
    """Start what was planned and whose start has come (the portal itself, nightly); give back how many."""
    day = today or timezone.localdate()
    due = Offer.objects.current().filter(status=Offer.Status.PLANNED, starts_on__lte=day)
    return _each_by_itself(due.order_by("pk"), offer_start, reason=_("Its start date has come."))


def _each_by_itself(offers: Any, service: Callable[..., Any], *, reason: str) -> int:
    """One transaction an offer; what a person has just moved elsewhere is left alone."""
    done = 0
    for offer in offers:
        try:
            service(by=SYSTEM, offer=offer, reason=reason)
        except IllegalTransition:
            logger.info("Offer %s was moved meanwhile and is left as it is.", offer.reference)
        else:
            done += 1
    return done


def _move(
    by: Any,
    offer: Offer,
    action: str,
    audited_as: str,
    expected_version: int | None,
    reason: str,
    afterwards: Callable[[Offer], None] | None = None,
) -> Offer:
    require(by, action, offer)
    with recorded(
        offer, by=by, action=audited_as, expected_version=expected_version, reason=reason.strip(), clean=False
    ) as offer:
        row = OFFER_LIFE_CYCLE.move(offer, action)
        if row.asks_reason and not reason.strip():
            raise ValidationError({"reason": _("Say why. The reason is kept in the history.")})
        if afterwards is not None:
            afterwards(offer)
        queue_matching(cause=MatchingRun.Cause.OFFER, offer=offer)
    return offer


def _publish(offer: Offer) -> None:
    OFFER_LIFE_CYCLE.move(offer, "publish")
    _follow_its_start(offer)
    offer.published_at = timezone.now()
    offer.confirmed_on = timezone.localdate()


def _has_begun(offer: Offer) -> bool:
    return offer.starts_on is None or offer.starts_on <= timezone.localdate()


def _follow_its_start(offer: Offer) -> None:
    """Keep status and start date together: planned before the start, ongoing from then on."""
    if offer.status == Offer.Status.PLANNED and _has_begun(offer):
        OFFER_LIFE_CYCLE.move(offer, "start")
    elif offer.status == Offer.Status.ONGOING and not _has_begun(offer):
        OFFER_LIFE_CYCLE.move(offer, "postpone")


def _check_to_publish(offer: Offer, values: OfferValues) -> None:
    check(offer, values, to_publish=True, also=already_over(values))


def _check_complete(offer: Offer) -> None:
    if lacking := missing(OfferValues.of(offer)):
        raise ValidationError(lacking)


def _confirm_if_own(offer: Offer, by: Any) -> None:
    if not offer.is_draft and acts_for_provider(by, offer):
        offer.provenance, offer.confirmed_on = _confirmed_provenance(offer), timezone.localdate()


def _confirmed_provenance(offer: Offer) -> str:
    return Provenance.PORTAL if offer.is_from_public_source else offer.provenance


def _may_be_confirmed(offer: Offer) -> bool:
    return offer.status in CONFIRMABLE_STATUSES or (offer.is_from_public_source and not offer.is_draft)


def _is_open(actor: Actor, action: str, offer: Offer) -> bool:
    if action == "update":
        return offer.status in EDITABLE_STATUSES
    if action == "discard":
        return offer.is_draft
    if action == "confirm":
        return _may_be_confirmed(offer) and (not offer.is_from_public_source or acts_for_provider(actor, offer))
    row = OFFER_LIFE_CYCLE.find(action, offer.status)
    return row is not None and (row.condition is None or row.condition(offer) is None)
