"""Languages in which help is given and asked for, by ISO 639-1 code. Not the languages of the interface."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkingLanguage(models.TextChoices):
    """The six official languages of the United Nations, and others used in programmes."""

    ARABIC = "ar", _("Arabic")
    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")
    FRENCH = "fr", _("French")
    RUSSIAN = "ru", _("Russian")
    SPANISH = "es", _("Spanish")
    PORTUGUESE = "pt", _("Portuguese")
