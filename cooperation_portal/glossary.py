"""The words of the field and the roles of the portal, explained for whoever is new to them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from cooperation_portal.access.roles import Role

#: (term, what it means)
GLOSSARY: tuple[tuple[Any, Any], ...] = (
    (
        _("1540 Committee"),
        _("The committee of the Security Council that follows how States put resolution 1540 (2004) into practice."),
    ),
    (
        _("Group of Experts"),
        _("Experts who work for the Committee: here they check requests, pair them with offers and write notes."),
    ),
    (
        _("IRO"),
        _("International, regional or subregional organization."),
    ),
    (
        _("Note verbale"),
        _(
            "A formal letter between a Permanent Mission and the Committee. It is how a State asks for help; a request "
            "drafted in this portal prepares it and does not replace it."
        ),
    ),
    (
        _("OP"),
        _("Operative paragraph of a resolution: a numbered paragraph that decides, asks or calls for something."),
    ),
    (
        _("Offer"),
        _("Help that an organization or a State gives: a programme with dates, or a standing offer."),
    ),
    (
        _("Request"),
        _("What a State or a regional organization needs help with, one need for each area."),
    ),
    (
        _("Area"),
        _("A subject of assistance with a short code, such as LEG.BIO for legislation on biological weapons."),
    ),
    (
        _("Match"),
        _("A request and an offer that fit each other, with the reasons. An expert decides if the parties see it."),
    ),
    (
        _("Project"),
        _("What grows from a match once both parties agree: who helps whom, with what, until when."),
    ),
    (
        _("Point of contact"),
        _(
            "The person or mailbox to write to. Organizations are asked to name a point of contact or coordinator for "
            "resolution 1540; States often name several."
        ),
    ),
    (
        _("Focal point"),
        _("A person who manages what an organization or State does in this portal: people, contacts and answers."),
    ),
    (
        _("Information sheet"),
        _("One page on which an organization says what information it holds and on what terms it shares it."),
    ),
    (
        _("Information note"),
        _("The record of a meeting: who took part, what was said, and what follows from it."),
    ),
    (
        _("Public summary"),
        _("The part of a request that the public may read, once the State has agreed and the window has passed."),
    ),
    (
        _("Objection window"),
        _("Five working days in which a member of the Committee may object before a request goes to providers."),
    ),
    (
        _("Weapon types"),
        _("Nuclear, chemical and biological weapons and their means of delivery; many programmes concern one of them."),
    ),
    (
        _("Action plan"),
        _("A State's own plan of what it will do, and by when, to put resolution 1540 into practice."),
    ),
)

#: (role, what it does here)
ROLES: tuple[tuple[Any, Any], ...] = (
    (Role.EDITOR.label, _("Posts and keeps up to date the offers and the information sheet of an organization.")),
    (
        Role.FOCAL_POINT.label,
        _("Also decides who acts for the organization, names its contacts and answers proposals."),
    ),
    (
        Role.STATE_FOCAL_POINT.label,
        _("Drafts a State's requests, names its contacts, answers proposals and says whether a need was met."),
    ),
    (
        Role.EXPERT.label,
        _("Checks requests, reviews what the matching service suggests, proposes matches and writes notes."),
    ),
    (Role.OBSERVER.label, _("Reads all of it, may object to a request or refer it to the working group.")),
    (
        Role.SECRETARIAT.label,
        _("Keeps accounts, organizations and the vocabularies. It takes no decisions about matches."),
    ),
)
