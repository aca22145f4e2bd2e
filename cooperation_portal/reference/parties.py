"""Finds organizations and States by the exact names that sources use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Parties:
    """Organizations by acronym and States by code, and both by the names that sources use."""

    organizations: Mapping[str, Any]
    states: Mapping[str, Any]
    organization_names: Mapping[str, Any]
    state_names: Mapping[str, Any]

    @classmethod
    def of(cls, organizations: Mapping[str, Any], states: Mapping[str, Any], names: Mapping[str, Any]) -> Self:
        """`organizations` by acronym, `states` by ISO code, `names` that sources use for either."""
        named = {state.name_en: state for state in states.values()}
        named |= {state.formal_name_en.removeprefix("the "): state for state in states.values() if state.formal_name_en}
        bodies = {body.name: body for body in organizations.values()}
        for name, body in names.items():
            (named if body in states.values() else bodies)[name] = body
        return cls(organizations, states, bodies, named)

    def find(self, name: str) -> tuple[Any | None, Any | None]:
        """(organization, None) or (None, State) for an exact acronym or name; (None, None) for anything else."""
        organization = self.organizations.get(name) or self.organization_names.get(name)
        if organization is not None:
            return organization, None
        return None, self.state_names.get(name)
