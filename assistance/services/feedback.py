"""Decisions of people as the feedback page counts them: who refused what, when, and what was named as not fitting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    Field,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from assistance.matching.feedback import HIGH, Feedback, Verdict, count_feedback, said

from ..models import Match, MatchAnswer, Misfit
from ..models.matches import DECIDED_STATUSES

EXPERT = "expert"


def decisions(who: Any) -> QuerySet[Any]:
    """Decided matches that `who` may see, each with how it was decided.

    `decided_when`; `refused_by`: expert, requester, provider, or empty if it was accepted; `named`: what did not fit;
    `refusal_reason`. A match that was reopened counts as it stands now: whoever reopens takes the refusal back.
    """
    declining = MatchAnswer.objects.filter(match=OuterRef("pk"), answer=MatchAnswer.Answer.DECLINED).order_by("pk")
    answer = {name: Subquery(declining.values(name)[:1]) for name in ("answered_at", "side", "misfit", "reason")}
    return (
        Match.objects.visible_to(who)
        .filter(status__in=DECIDED_STATUSES)
        .annotate(
            decided_when=Coalesce(
                Case(When(status=Match.Status.DECLINED, then=answer["answered_at"]), output_field=DateTimeField()),
                F("decided_at"),
            ),
            refused_by=_if_refused(Value(EXPERT), answer["side"], CharField()),
            named=_if_refused(F("misfit"), answer["misfit"], CharField()),
            refusal_reason=_if_refused(F("decision_reason"), answer["reason"], TextField()),
        )
    )


def _if_refused(dismissed: Any, declined: Any, kind: Field[Any, Any]) -> Coalesce:
    """One value of dismissed matches, another of declined ones; empty text for the others."""
    chosen = Case(
        When(status=Match.Status.DISMISSED, then=dismissed),
        When(status=Match.Status.DECLINED, then=declined),
        output_field=kind,
    )
    return Coalesce(chosen, Value("", output_field=kind))


def feedback_of(decided: QuerySet[Any]) -> tuple[Feedback, dict[int, Feedback]]:
    """Count decisions, all together and by policy version; one query, read row by row."""
    return count_feedback((verdict for _pk, verdict in _verdicts(decided)), Misfit.values)


def disagreeing(decided: QuerySet[Any]) -> list[int]:
    """Primary keys of the refusals in which the policy said high of what was named."""
    return [
        pk for pk, verdict in _verdicts(decided.exclude(named="")) if (said(verdict.named, verdict.values) or 0) >= HIGH
    ]


def part_values(explanation_parts: Any) -> dict[str, float]:
    """Code to value of the parts of a stored explanation."""
    return {part["code"]: float(part["value"]) for part in explanation_parts or ()}


def _verdicts(decided: QuerySet[Any]) -> Iterator[tuple[int, Verdict]]:
    rows = decided.order_by().values_list("pk", "policy_version", "refused_by", "named", "explanation__parts")
    for pk, policy, by, named, parts in rows.iterator(chunk_size=2000):
        yield pk, Verdict(policy, part_values(parts), by or None, named)
