"""Roles. People hold them through an affiliation to an organization or a State, partners' systems by their key."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    EDITOR = "editor", _("Editor")
    FOCAL_POINT = "focal_point", _("Focal point")
    STATE_FOCAL_POINT = "state_focal_point", _("State focal point")
    EXPERT = "expert", _("Committee expert")
    OBSERVER = "observer", _("Committee member")
    SECRETARIAT = "secretariat", _("Secretariat")
    PARTNER_SYSTEM = "partner_system", _("Partner system")


#: Roles held for an organization that offers or asks for help.
ORGANIZATION_ROLES = frozenset({Role.EDITOR, Role.FOCAL_POINT})
#: Roles held for a State.
STATE_ROLES = frozenset({Role.STATE_FOCAL_POINT})
#: Roles of the clearing house itself. They reach over all records and are given by the secretariat only.
COMMITTEE_ROLES = frozenset({Role.EXPERT, Role.OBSERVER, Role.SECRETARIAT})
#: What people can hold. A partner's system has its own role beside that of an editor: focal points answer for its key,
#: so that it also keeps the organization's contacts.
PERSONAL_ROLES = tuple(role for role in Role if role is not Role.PARTNER_SYSTEM)
