"""Admin pages of offers, requests, matches and vocabularies."""

from . import matches

__all__ = ["matches"]
