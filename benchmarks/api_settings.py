"""The portal as production runs it, with two comparisons beside it and without limits."""

from cooperation_portal.settings.local import *

DEBUG = False
ROOT_URLCONF = "benchmarks.api_site"
API_LIMITS = dict.fromkeys(API_LIMITS, (10**9, 600))
