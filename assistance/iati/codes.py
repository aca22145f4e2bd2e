"""Codes of the IATI code lists that offers use, and the portal's own vocabularies."""

from __future__ import annotations

from typing import Final

from organizations.models import Organization

from ..models import Offer

VERSION: Final = "2.03"
#: What is read: all of 2.0x say these things in the same way.
READABLE_VERSIONS: Final = ("2.01", "2.02", "2.03")

#: ActivityStatus: 1 pipeline, 2 implementation, 4 closed, 5 cancelled, 6 suspended.
ACTIVITY_STATUS: Final = {
    Offer.Status.PLANNED: "1",
    Offer.Status.ONGOING: "2",
    Offer.Status.SUSPENDED: "6",
    Offer.Status.COMPLETED: "4",
    Offer.Status.WITHDRAWN: "5",
}
STATUS_NAMES: Final = {
    "1": "pipeline",
    "2": "implementation",
    "3": "finalisation",
    "4": "closed",
    "5": "cancelled",
    "6": "suspended",
}

#: ActivityDateType.
PLANNED_START, ACTUAL_START, PLANNED_END, ACTUAL_END = "1", "2", "3", "4"

#: OrganisationRole.
FUNDING, ACCOUNTABLE, EXTENDING, IMPLEMENTING = "1", "2", "3", "4"
ROLE_NAMES: Final = {
    FUNDING: "funding",
    ACCOUNTABLE: "accountable",
    EXTENDING: "extending",
    IMPLEMENTING: "implementing",
}

#: OrganisationType: 10 government, 21 international NGO, 40 multilateral.
GOVERNMENT: Final = "10"
ORGANIZATION_TYPE: Final = {
    Organization.Category.INTERNATIONAL: "40",
    Organization.Category.REGIONAL: "40",
    Organization.Category.SUBREGIONAL: "40",
    Organization.Category.UN_ENTITY: "40",
    Organization.Category.NGO: "21",
    Organization.Category.NATIONAL_AGENCY: GOVERNMENT,
}

#: ActivityScope.
GLOBAL, REGIONAL, MULTINATIONAL, NATIONAL = "1", "2", "3", "4"

#: RegionVocabulary 2 is the United Nations' M49, whose code for the world is 001.
M49: Final = "2"
WORLD: Final = "001"
#: In every vocabulary list: the publisher's own, told apart by its address.
OWN: Final = "99"

#: Where the portal's own vocabularies are explained. Another portal's are known by the same end of the address.
AREAS: Final = "/api/v1/areas/"
ASSISTANCE_TYPES: Final = "/api/v1/assistance-types/"
REGIONAL_GROUPS: Final = "/states/"
MEMBERS_OF: Final = "/api/v1/organizations/"
WEAPON_TYPES: Final = "/api/v1/docs/#weapon_types"
#: ISO 639-1, the languages in which help is given.
LANGUAGES: Final = "https://id.loc.gov/vocabulary/iso639-1"

#: DocumentCategory: activity web page.
WEB_PAGE: Final = "A12"
#: OtherIdentifierType: the reporting organization's own number of an activity.
INTERNAL_IDENTIFIER: Final = "A1"
#: ContactType: general enquiries. DescriptionType: general.
GENERAL: Final = "1"

#: The portal's extension of the standard: `stated="no"` on a date that the schema asks for and nobody gave.
NAMESPACE: Final = "urn:uuid:7c1d2f5e-0f0b-4a8c-9f49-6a0a15402325"
STATED: Final = f"{{{NAMESPACE}}}stated"
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
