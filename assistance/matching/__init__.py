"""Pairs requests for assistance with offers, and says why.

Paragraph 20 of resolution 2325 (2016) asks the 1540 Committee to match offers and requests. This package is
the rule for that: plain values in (`profiles`), rankings and explanations out (`engine`, `explanation`). It
uses the standard library, numpy and scipy alone, touches no database and knows no web framework, so that it can be
tested, measured and reused by itself. `docs/matching.md` explains the formula in words.
"""

from assistance.matching.engine import Matcher, Ranking, Rejection, Suggestion, explain, rank
from assistance.matching.policy import DEFAULT_POLICY, Policy
from assistance.matching.profiles import (
    AreaTree,
    Directory,
    ExistingAssistance,
    NeedProfile,
    OfferProfile,
    ProviderProfile,
    RequestProfile,
    StateProfile,
)

__all__ = [
    "DEFAULT_POLICY",
    "AreaTree",
    "Directory",
    "ExistingAssistance",
    "Matcher",
    "NeedProfile",
    "OfferProfile",
    "Policy",
    "ProviderProfile",
    "Ranking",
    "Rejection",
    "RequestProfile",
    "StateProfile",
    "Suggestion",
    "explain",
    "rank",
]
