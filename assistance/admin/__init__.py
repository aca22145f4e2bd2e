"""Admin pages of offers, requests, matches, the policy, vocabularies and the glossary."""

from . import glossary, matches, offers, policies, requests, vocabulary

__all__ = ["glossary", "matches", "offers", "policies", "requests", "vocabulary"]
