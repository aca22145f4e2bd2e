"""A policy in words: what each of its values means, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.matching.policy import DEFAULT_PRIORITIES, LOWERING, PARTS, InvalidPolicy, Policy

from .explanations import PART_LABELS
from .models import Need

WEIGHT_HELP = {
    "needs": gettext_lazy("How well the needs are met: area, form of help, weapon type, priority."),
    "types": gettext_lazy("Forms of help that are asked for and given."),
    "weapons": gettext_lazy("Weapon types that are asked for and covered."),
    "region": gettext_lazy("A body of the requester’s region, or an offer made for that region."),
    "timing": gettext_lazy("How much of the wanted period is served, and how soon."),
    "language": gettext_lazy("Working languages in common."),
    "specificity": gettext_lazy("A narrow programme comes before a general one."),
    "words": gettext_lazy("Subjects and forms of help that both texts name."),
    "preferred": gettext_lazy("The requester prefers the provider."),
}
LOWERING_HELP = {
    "overlap": gettext_lazy("Per cent taken off where the same help is running already."),
    "language_barrier": gettext_lazy("Per cent taken off without a common working language."),
    "coverage_gap": gettext_lazy("Per cent taken off where members of the requester are left out."),
    "outside_region": gettext_lazy("Per cent taken off where the title names another region."),
    "unwanted": gettext_lazy("Per cent taken off where all its forms of help are refused."),
}
PRIORITY_HELP = gettext_lazy("What such a need counts against the highest: above 0, at most 1.")
LIMITS = {
    "threshold": (gettext_lazy("Threshold"), gettext_lazy("Pairs that score less are not suggested: 0 to 100.")),
    "reach": (
        gettext_lazy("Reach"),
        gettext_lazy("How well an offer must serve some need to be considered at all: 0 to 1."),
    ),
    "breadth": (
        gettext_lazy("Breadth"),
        gettext_lazy("Share of the fit that comes from all needs together; the rest from the one met best: 0 to 1."),
    ),
}


@dataclass(frozen=True)
class Value:
    """One number of a policy: where it is kept, its label and what it means, and the range that it may have."""

    group: str
    key: str
    label: Any
    help_text: Any
    lowest: float
    highest: float

    @property
    def name(self) -> str:
        """Name of its form field."""
        return self.key if self.group == "limits" else f"{self.group}_{self.key}"

    def of(self, stored: Mapping[str, Any]) -> float:
        """The number in a policy given as its six values; one that is left out counts nothing."""
        return stored[self.key] if self.group == "limits" else (stored[self.group] or {}).get(self.key, 0)


#: A weight above this only makes the others small; shares count, not sizes.
MOST_WEIGHT = 1_000

VALUES: tuple[Value, ...] = (
    *(Value("weights", part, PART_LABELS[part], WEIGHT_HELP[part], 0, MOST_WEIGHT) for part in PARTS),
    *(Value("lowering", part, PART_LABELS[part], LOWERING_HELP[part], 0, 100) for part in LOWERING),
    *(
        Value(
            "priorities",
            name,
            format_lazy(gettext_lazy("{priority} priority"), priority=Need.Priority(name).label),
            PRIORITY_HELP,
            0,
            1,
        )
        for name in DEFAULT_PRIORITIES
    ),
    Value("limits", "threshold", *LIMITS["threshold"], 0, 100),
    Value("limits", "reach", *LIMITS["reach"], 0, 1),
    Value("limits", "breadth", *LIMITS["breadth"], 0, 1),
)

GROUPS = {
    "weights": (
        gettext_lazy("Parts that raise the score"),
        gettext_lazy("Weights are shares of 100 points, whatever they add up to."),
    ),
    "lowering": (
        gettext_lazy("Parts that lower it"),
        gettext_lazy("Each takes its percentage off what has been reached, at its full value."),
    ),
    "priorities": (gettext_lazy("Priorities of needs"), ""),
    "limits": (gettext_lazy("Limits"), ""),
}


def stored_values(policy: Any) -> dict[str, Any]:
    """The six values of a stored policy."""
    names = ("weights", "lowering", "priorities", "threshold", "reach", "breadth")
    return {name: getattr(policy, name) for name in names}


def number(value: float) -> str:
    """A value as people write it: 38, 0.35."""
    return f"{value:.10g}"


def shares(weights: Mapping[str, float]) -> dict[str, str]:
    """Each weight's share in per cent, as written; nothing where the weights cannot rank."""
    try:
        found = Policy(version="shares", weights=weights).shares
    except (InvalidPolicy, TypeError):
        return {}
    return {part: _("%(share)s %%") % {"share": number_format(share / 100, 1)} for part, share in found.items()}


def side_by_side(policy: Mapping[str, Any], other: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Groups of rows: label, number and share in `policy`, the same in `other` (None: no other), and if they differ."""
    own_shares = shares(policy["weights"])
    other_shares = shares(other["weights"]) if other else {}
    groups = []
    for group, (title, hint) in GROUPS.items():
        rows = []
        for value in (value for value in VALUES if value.group == group):
            now, was = value.of(policy), value.of(other) if other else None
            rows.append(
                {
                    "label": value.label,
                    "now": number(now),
                    "was": "" if was is None else number(was),
                    "share": own_shares.get(value.key, "") if group == "weights" else "",
                    "share_was": other_shares.get(value.key, "") if group == "weights" else "",
                    "differs": was is not None and now != was,
                }
            )
        groups.append({"title": title, "hint": hint, "rows": rows, "has_shares": group == "weights"})
    return groups


def change_sentences(policy: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[str]:
    """What a version changes against the one before it, one sentence a value."""
    if before is None:
        return [_("The first version.")]
    found = [
        _("%(label)s: %(was)s → %(now)s")
        % {"label": value.label, "was": number(value.of(before)), "now": number(value.of(policy))}
        for value in VALUES
        if value.of(policy) != value.of(before)
    ]
    return found or [_("The same values as before.")]
