"""Admin pages of organizations, States, contacts and people."""

from . import organizations, states

__all__ = ["organizations", "states"]
