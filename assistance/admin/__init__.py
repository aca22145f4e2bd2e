"""Admin pages of offers, requests, matches, the policy and vocabularies."""

from . import matches, offers, policies, requests, vocabulary

__all__ = ["matches", "offers", "policies", "requests", "vocabulary"]
