"""Who may do what: the role table.

Data, read by `policy.py` for every surface and by the tests. A row names a record type and an action and gives, for
each role that may take it, over which records. What is not listed is not allowed.
"""

from enum import Enum

from .roles import Role


class Scope(Enum):
    """Over which records a role may take an action."""

    ANY = "any record"
    OWN = "records whose owner is the organization or State for which the role is held"
    PARTY = "records to which that organization or State is a party"


_ANY, _OWN, _PARTY = Scope.ANY, Scope.OWN, Scope.PARTY
_SECRETARIAT = {Role.SECRETARIAT: _ANY}
_EXPERTS = {Role.EXPERT: _ANY}
_EXPERTS_AND_SECRETARIAT = {Role.EXPERT: _ANY, Role.SECRETARIAT: _ANY}
_COMMITTEE = {Role.EXPERT: _ANY, Role.OBSERVER: _ANY, Role.SECRETARIAT: _ANY}
_OWN_STAFF = {Role.EDITOR: _OWN, Role.FOCAL_POINT: _OWN}
_OWN_FOCAL = {Role.FOCAL_POINT: _OWN, Role.STATE_FOCAL_POINT: _OWN}
_CONTACT_KEEPER = {**_OWN_FOCAL, Role.PARTNER_SYSTEM: _OWN, **_SECRETARIAT}
_PROVIDER = {**_OWN_STAFF, Role.STATE_FOCAL_POINT: _OWN, **_SECRETARIAT}
_PROJECT_LEAD = {**_PROVIDER, Role.EXPERT: _ANY}
_REQUESTER = {**_OWN_FOCAL, Role.EXPERT: _ANY, **_SECRETARIAT}

RoleRow = dict[Role, Scope]

ROLE_TABLE: dict[tuple[str, str], RoleRow] = {
    # Who
    ("state", "create"): _SECRETARIAT,
    ("state", "update"): _SECRETARIAT,
    ("organization", "create"): _SECRETARIAT,
    ("organization", "update"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("organization", "confirm"): {**_OWN_STAFF, **_SECRETARIAT},
    ("organization", "suspend"): _SECRETARIAT,
    ("membership", "create"): _SECRETARIAT,
    ("membership", "update"): _SECRETARIAT,
    ("membership", "delete"): _SECRETARIAT,
    ("contact", "create"): _CONTACT_KEEPER,
    ("contact", "update"): _CONTACT_KEEPER,
    ("contact", "replace"): _CONTACT_KEEPER,
    ("contact", "end"): _CONTACT_KEEPER,
    ("contact", "verify"): _CONTACT_KEEPER,
    ("information_sheet", "create"): {**_OWN_STAFF, **_SECRETARIAT},
    ("information_sheet", "update"): {**_OWN_STAFF, **_SECRETARIAT},
    ("information_sheet", "publish"): {**_OWN_STAFF, **_SECRETARIAT},
    ("affiliation", "view"): {**_OWN_FOCAL, **_SECRETARIAT},
    ("affiliation", "invite"): {**_OWN_FOCAL, **_SECRETARIAT},
    ("affiliation", "approve"): {**_OWN_FOCAL, **_SECRETARIAT},
    ("affiliation", "refuse"): {**_OWN_FOCAL, **_SECRETARIAT},
    ("affiliation", "end"): {**_OWN_FOCAL, **_SECRETARIAT},
    ("affiliation", "grant_committee_role"): _SECRETARIAT,
    ("user", "view"): _SECRETARIAT,
    ("user", "update"): _SECRETARIAT,
    ("user", "deactivate"): _SECRETARIAT,
    ("api_key", "view"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("api_key", "create"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("api_key", "rotate"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("api_key", "revoke"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("webhook", "view"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("webhook", "create"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("webhook", "update"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("webhook", "delete"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("webhook", "replay"): {Role.FOCAL_POINT: _OWN, **_SECRETARIAT},
    ("snapshot", "view"): _SECRETARIAT,
    ("snapshot", "create"): _OWN_STAFF,
    # What: vocabularies
    ("vocabulary", "create"): _SECRETARIAT,
    ("vocabulary", "update"): _SECRETARIAT,
    # What: offers
    ("offer", "create"): _PROVIDER,
    ("offer", "update"): _PROVIDER,
    ("offer", "publish"): _PROVIDER,
    ("offer", "start"): _PROVIDER,
    ("offer", "suspend"): _PROVIDER,
    ("offer", "resume"): _PROVIDER,
    ("offer", "complete"): _PROVIDER,
    ("offer", "withdraw"): _PROVIDER,
    ("offer", "confirm"): _PROVIDER,
    ("offer", "discard"): _PROVIDER,
    ("offer", "see_requests"): {**_OWN_STAFF, Role.STATE_FOCAL_POINT: _OWN, **_COMMITTEE},
    # What: requests
    ("request", "create"): _OWN_FOCAL,
    ("request", "update"): _REQUESTER,
    ("request", "submit"): _OWN_FOCAL,
    ("request", "discard"): _OWN_FOCAL,
    ("request", "withdraw"): _REQUESTER,
    ("request", "consent"): _REQUESTER,
    ("request", "record"): _EXPERTS_AND_SECRETARIAT,
    ("request", "ask_clarification"): _EXPERTS_AND_SECRETARIAT,
    ("request", "clarify"): _REQUESTER,
    ("request", "authenticate"): _EXPERTS_AND_SECRETARIAT,
    ("request", "record_step"): _EXPERTS_AND_SECRETARIAT,
    ("request", "circulate"): _EXPERTS_AND_SECRETARIAT,
    ("request", "begin_assistance"): _EXPERTS_AND_SECRETARIAT,
    ("request", "fulfil"): _REQUESTER,
    ("request", "close"): _EXPERTS_AND_SECRETARIAT,
    ("request", "publish_summary"): _EXPERTS_AND_SECRETARIAT,
    ("request", "object"): {Role.OBSERVER: _ANY},
    ("request", "refer"): {Role.EXPERT: _ANY, Role.OBSERVER: _ANY},
    ("request", "release"): _EXPERTS,
    ("request", "see_candidates"): {**_OWN_STAFF, Role.STATE_FOCAL_POINT: _OWN, **_COMMITTEE},
    # What: matches. Decisions are the experts'; answers are the parties'.
    ("match", "view"): _COMMITTEE,
    ("match", "run"): _EXPERTS_AND_SECRETARIAT,
    ("match", "shortlist"): _EXPERTS,
    ("match", "propose"): _EXPERTS,
    ("match", "dismiss"): _EXPERTS,
    ("match", "reopen"): _EXPERTS,
    ("match", "ask"): _EXPERTS,
    ("match", "answer"): {Role.FOCAL_POINT: _PARTY, Role.STATE_FOCAL_POINT: _PARTY},
    ("planning", "view"): _COMMITTEE,
    # Who works where is useful to every member; what is counted is what each may see.
    ("coverage", "view"): dict.fromkeys(Role, _ANY),
    ("policy", "view"): _COMMITTEE,
    ("policy", "preview"): _COMMITTEE,
    ("policy", "create"): _SECRETARIAT,
    # What: projects
    ("project", "create"): _PROJECT_LEAD,
    ("project", "update"): _PROJECT_LEAD,
    ("project", "consult"): _PROJECT_LEAD,
    ("project", "commit"): _PROJECT_LEAD,
    ("project", "begin"): _PROJECT_LEAD,
    ("project", "complete"): _PROJECT_LEAD,
    ("project", "cancel"): _PROJECT_LEAD,
    ("project", "contribute"): {Role.FOCAL_POINT: _ANY},
    ("project", "give_feedback"): {Role.FOCAL_POINT: _PARTY, Role.STATE_FOCAL_POINT: _PARTY},
    # Where
    ("meeting", "create"): {**_OWN_STAFF, **_EXPERTS_AND_SECRETARIAT},
    ("meeting", "update"): {**_OWN_STAFF, **_EXPERTS_AND_SECRETARIAT},
    ("meeting", "confirm"): {**_OWN_STAFF, **_EXPERTS_AND_SECRETARIAT},
    ("meeting", "hold"): {**_OWN_STAFF, **_EXPERTS_AND_SECRETARIAT},
    ("meeting", "cancel"): {**_OWN_STAFF, **_EXPERTS_AND_SECRETARIAT},
    ("conference", "view"): _COMMITTEE,
    ("conference", "create"): _EXPERTS_AND_SECRETARIAT,
    ("conference", "update"): _EXPERTS_AND_SECRETARIAT,
    ("document", "create"): {
        Role.EDITOR: _PARTY,
        Role.FOCAL_POINT: _PARTY,
        Role.STATE_FOCAL_POINT: _PARTY,
        **_EXPERTS_AND_SECRETARIAT,
    },
    ("document", "update"): {**_OWN_STAFF, Role.STATE_FOCAL_POINT: _OWN, **_EXPERTS_AND_SECRETARIAT},
    ("document", "remove"): {**_OWN_STAFF, Role.STATE_FOCAL_POINT: _OWN, **_EXPERTS_AND_SECRETARIAT},
    ("action_item", "create"): {**_OWN_STAFF, **_EXPERTS_AND_SECRETARIAT},
    ("action_item", "update"): {
        Role.EDITOR: _PARTY,
        Role.FOCAL_POINT: _PARTY,
        Role.STATE_FOCAL_POINT: _PARTY,
        **_EXPERTS_AND_SECRETARIAT,
    },
    ("note", "create"): _EXPERTS_AND_SECRETARIAT,
    ("note", "update"): _EXPERTS_AND_SECRETARIAT,
    ("note", "publish"): _EXPERTS_AND_SECRETARIAT,
    # The record of what happened
    ("audit", "view"): _EXPERTS_AND_SECRETARIAT,
    ("change", "view"): _EXPERTS_AND_SECRETARIAT,
    ("notice", "view"): _SECRETARIAT,
    ("schedule", "view"): _SECRETARIAT,
    ("schedule", "update"): _SECRETARIAT,
    ("read_only", "view"): _SECRETARIAT,
    ("read_only", "update"): _SECRETARIAT,
}

#: What goes on in read-only mode. First reading: a snapshot is a partner's way to read everything at once.
READING: frozenset[tuple[str, str]] = frozenset(
    {row for row in ROLE_TABLE if row[1] in ("view", "see_requests", "see_candidates")} | {("snapshot", "create")}
)
#: And what must not wait for its end: the switch itself, the portal's own schedule, and shutting somebody out.
NEVER_STOPPED: frozenset[tuple[str, str]] = frozenset(
    {("read_only", "update"), ("schedule", "update"), ("api_key", "revoke"), ("user", "deactivate")}
)
