"""Admin pages of organizations, States, contacts and people."""

from . import contacts, organizations, people, states

__all__ = ["contacts", "organizations", "people", "states"]
