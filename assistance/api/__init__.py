"""Vocabularies, offers, requests, matches and projects in the partner API."""

from .matches import MATCHES
from .offers import OFFERS
from .projects import PROJECTS
from .requests import REQUESTS
from .vocabulary import AREAS, PARAGRAPHS, TYPES

RESOURCES = (AREAS, TYPES, PARAGRAPHS, OFFERS, REQUESTS, MATCHES, PROJECTS)
