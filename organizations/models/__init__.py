from .contacts import PointOfContact
from .information import InformationItem, InformationSheet
from .organizations import Membership, Organization
from .people import Affiliation, User
from .states import State

__all__ = [
    "Affiliation",
    "InformationItem",
    "InformationSheet",
    "Membership",
    "Organization",
    "PointOfContact",
    "State",
    "User",
]
