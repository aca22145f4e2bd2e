"""Matches: to the Committee all, to the two parties what was proposed to them, with the explanation."""

from __future__ import annotations

from django.db.models import CharField, Q, Value
from django.db.models.functions import Concat

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.querysets import EVERYTHING, NOTHING
from cooperation_portal.api.fields import EXACT, RANGE, Rule
from cooperation_portal.api.kinds import Choice, Integer, Json, Key, Moment, Number, Text
from cooperation_portal.api.relations import Parts
from cooperation_portal.api.resources import Resource

from ..models import Match, MatchAnswer


def _committee(actor: Actor) -> Q:
    return EVERYTHING if actor.is_committee else NOTHING


COMMITTEE = Rule(_committee, "Null except to the Committee.")


#: The natural key of a match, from the table of matches or, with a prefix, from one that refers to it.
def match_key(prefix: str = "") -> Concat:
    return Concat(f"{prefix}request__reference", Value("/"), f"{prefix}offer__reference", output_field=CharField())


MATCHES = Resource(
    name="matches",
    model=Match,
    ref=match_key(),
    help="Pairs of a request and an offer, with score and explanation, once an expert has proposed them to you.",
    fields=(
        Key(name="request", help="Reference of the request.", source="request__reference", to="requests"),
        Key(name="offer", help="Reference of the offer.", source="offer__reference", to="offers"),
        Choice(name="status", help="Where it stands.", choices=Match.Status, lookups=EXACT),
        Number(name="score", help="How well the two fit, of 100.", lookups=("gte", "lt")),
        Integer(name="rank", help="Place among the offers for the request, from 1.", rule=COMMITTEE),
        Json(
            name="explanation",
            help="What the score is made of: gates, parts, needs, paragraphs and what is missing, as codes and values.",
            value={"type": "object", "additionalProperties": True},
        ),
        Integer(name="policy_version", help="Version of the matching policy that it was scored by."),
        Moment(name="proposed_at", help="When it was proposed to both parties.", nullable=True, lookups=RANGE),
        Parts(
            name="answers",
            help="What the parties answered.",
            model=MatchAnswer,
            parent="match_id",
            order=("side",),
            items=(
                Choice(name="side", choices=MatchAnswer.Side),
                Choice(name="answer", choices=MatchAnswer.Answer),
                Moment(name="answered_at"),
            ),
        ),
        Moment(name="decided_at", help="When an expert last decided.", nullable=True, rule=COMMITTEE),
        Text(name="decision_reason", help="The expert's reason.", rule=COMMITTEE),
        Text(name="superseded_because", help="Why a re-run no longer suggests it.", rule=COMMITTEE),
    ),
)
