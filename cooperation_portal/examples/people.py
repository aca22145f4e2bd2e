"""Example accounts and points of contact. Every name begins with "Example", every address ends in `.example`."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.utils import timezone

from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.roles import Role
from cooperation_portal.records.models import Provenance
from cooperation_portal.records.write import created
from organizations.models import (
    Affiliation,
    InformationItem,
    InformationSheet,
    Organization,
    PointOfContact,
    State,
    User,
)
from organizations.services.affiliations import affiliation_request

PASSWORD = "example-only-1540"  # noqa: S105 - said on every start; production refuses example data

#: E-mail, name, role, and the organization (by acronym) or State (by code) for which it is held.
ACCOUNTS = (
    ("editor@cicte.example", "Example Editor", Role.EDITOR, "CICTE"),
    ("focal@cicte.example", "Example Focal Point", Role.FOCAL_POINT, "CICTE"),
    ("focal@peru.example", "Example State Focal Point", Role.STATE_FOCAL_POINT, "PER"),
    ("expert@committee.example", "Example Expert", Role.EXPERT, "1540 GoE"),
    ("observer@committee.example", "Example Committee Member", Role.OBSERVER, "1540 Committee"),
    ("secretariat@committee.example", "Example Secretariat", Role.SECRETARIAT, "UNODA"),
)
#: More people, so that other parties can answer and a request to join waits.
OTHER_ACCOUNTS = (
    ("focal@unlirec.example", "Example Focal Point of UNLIREC", Role.FOCAL_POINT, "UNLIREC"),
    ("focal@opcw.example", "Example Focal Point of OPCW", Role.FOCAL_POINT, "OPCW"),
    ("focal@senegal.example", "Example State Focal Point of Senegal", Role.STATE_FOCAL_POINT, "SEN"),
)

ROLES = PointOfContact.ContactRole
#: Body, role, kind, name, agency, e-mail, languages, visibility, days since it was verified, days until it ends.
CONTACTS = (
    (
        "CICTE",
        ROLES.COORDINATOR,
        "mailbox",
        "Example 1540 desk",
        "",
        "desk-1540@cicte.example",
        "es en",
        "public",
        20,
        None,
    ),
    (
        "CICTE",
        ROLES.PROGRAMME,
        "person",
        "Example Programme Manager",
        "",
        "manager@cicte.example",
        "es en",
        "network",
        45,
        None,
    ),
    ("CICTE", ROLES.LEGAL, "person", "Example Former Lawyer", "", "former@cicte.example", "es", "network", 700, -60),
    (
        "OPCW",
        ROLES.COORDINATOR,
        "mailbox",
        "Example liaison office",
        "",
        "liaison@opcw.example",
        "en fr",
        "public",
        200,
        None,
    ),
    (
        "UNLIREC",
        ROLES.COORDINATOR,
        "person",
        "Example Coordinator",
        "",
        "coordinator@unlirec.example",
        "es en",
        "network",
        420,
        None,
    ),
    (
        "IAEA",
        ROLES.TECHNICAL,
        "mailbox",
        "Example nuclear security desk",
        "",
        "desk@iaea.example",
        "en",
        "network",
        15,
        None,
    ),
    (
        "PER",
        ROLES.COORDINATOR,
        "person",
        "Example National Coordinator",
        "Example ministry of foreign affairs",
        "coordinator@peru.example",
        "es en",
        "network",
        30,
        None,
    ),
    (
        "PER",
        ROLES.TECHNICAL,
        "person",
        "Example Laboratory Adviser",
        "Example institute of health",
        "laboratories@peru.example",
        "es",
        "committee",
        250,
        None,
    ),
    (
        "SEN",
        ROLES.COORDINATOR,
        "mailbox",
        "Example national committee",
        "Example office of the Prime Minister",
        "comite@senegal.example",
        "fr",
        "network",
        90,
        None,
    ),
)


def body_of(key: str) -> Organization | State:
    """The organization with this acronym, else the State with this code."""
    return Organization.objects.filter(acronym=key).first() or State.objects.get(iso3=key)


def _holding(body: Organization | State) -> dict[str, Organization | State]:
    return {"organization" if isinstance(body, Organization) else "state": body}


def load_accounts() -> dict[str, User]:
    """Create the accounts with confirmed addresses and active roles; give them back by e-mail."""
    people = {}
    for email, name, role, key in ACCOUNTS + OTHER_ACCOUNTS:
        user = User.objects.create_user(email=email, password=PASSWORD, name=name)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        affiliation = Affiliation(
            user=user,
            role=role,
            status=Affiliation.Status.ACTIVE,
            decided_by_label=SYSTEM.label,
            decided_at=timezone.now(),
            provenance=Provenance.EXAMPLE,
            **_holding(body_of(key)),
        )
        with created(affiliation, by=SYSTEM, action="affiliation.approved"):
            pass
        people[email] = user
    return people


def load_newcomer() -> User:
    """Somebody who has signed up and asks to join CICTE, so that its focal point has something to decide."""
    email = "newcomer@cicte.example"
    user = User.objects.create_user(email=email, password=PASSWORD, name="Example Newcomer")
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    affiliation_request(
        by=user, body=body_of("CICTE"), role=Role.EDITOR, message="Example: I keep the list of programmes."
    )
    return user


def load_contacts() -> None:
    today = timezone.localdate()
    for key, role, kind, name, agency, email, languages, visibility, verified, ends in CONTACTS:
        contact = PointOfContact(
            role=role,
            kind=kind,
            name=name,
            agency=agency,
            email=email,
            languages=languages.split(),
            visibility=visibility,
            valid_from=today - timedelta(days=verified + 30),
            verified_on=today - timedelta(days=verified),
            valid_until=None if ends is None else today + timedelta(days=ends),
            provenance=Provenance.EXAMPLE,
            **_holding(body_of(key)),
        )
        with created(contact, by=SYSTEM, action="contact.created"):
            pass


def load_information_sheet() -> None:
    """The one-page paper of CICTE."""
    sheet = InformationSheet(
        organization=Organization.objects.get(acronym="CICTE"),
        status=InformationSheet.Status.PUBLISHED,
        summary=(
            "Example paper. CICTE helps the States of the Americas with laws, licensing, borders and biosecurity, and "
            "keeps course material in Spanish and English."
        ),
        visibility="public",
        provenance=Provenance.EXAMPLE,
    )
    kinds, terms = InformationItem.Kind, InformationItem.Terms
    with created(sheet, by=SYSTEM, action="information_sheet.published"):
        for kind, description, on_terms in (
            (kinds.TRAINING, "Course material on biosecurity in laboratories, in Spanish", terms.NETWORK),
            (kinds.LEGISLATION, "Comparison of strategic-trade laws in the region", terms.ON_REQUEST),
            (kinds.PRACTICES, "Examples of national coordination mechanisms", terms.STATE_CONSENT),
        ):
            sheet.items.create(kind=kind, description=description, terms=on_terms)
