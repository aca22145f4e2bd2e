"""The vocabulary of named actions. Audit, notices and webhooks all speak it.

`label` says what happened to whoever reads the history of a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    label: Any


def _vocabulary(*rows: tuple[str, Any]) -> dict[str, Action]:
    return {name: Action(name, label) for name, label in rows}


ACTIONS: dict[str, Action] = _vocabulary(
    ("organization.created", _("Organization added")),
    ("organization.updated", _("Organization changed")),
    ("organization.confirmed", _("Organization confirmed as still true")),
    ("organization.suspended", _("Organization suspended")),
    ("organization.reinstated", _("Organization reinstated")),
    ("state.created", _("State added")),
    ("state.updated", _("State changed")),
    ("contact.created", _("Point of contact named")),
    ("contact.updated", _("Point of contact corrected")),
    ("contact.replaced", _("Point of contact replaced")),
    ("contact.ended", _("Point of contact ended")),
    ("contact.verified", _("Point of contact verified")),
    ("information_sheet.created", _("Information sheet started")),
    ("information_sheet.updated", _("Information sheet changed")),
    ("information_sheet.published", _("Information sheet published")),
    ("affiliation.requested", _("Affiliation requested")),
    ("affiliation.invited", _("Person invited")),
    ("affiliation.approved", _("Affiliation approved")),
    ("affiliation.refused", _("Affiliation refused")),
    ("affiliation.ended", _("Affiliation ended")),
    ("user.created", _("Account made")),
    ("user.updated", _("Account changed")),
    ("user.deactivated", _("Account deactivated")),
    ("user.reactivated", _("Account reactivated")),
    ("api_key.created", _("API key created")),
    ("api_key.rotated", _("API key rotated")),
    ("api_key.revoked", _("API key revoked")),
    ("api_key.expiring", _("API key about to expire")),
    ("webhook.created", _("Webhook added")),
    ("webhook.updated", _("Webhook changed")),
    ("webhook.paused", _("Webhook paused")),
    ("webhook.resumed", _("Webhook resumed")),
    ("webhook.disabled", _("Webhook disabled")),
    ("webhook.secret_rotated", _("Webhook’s secret rotated")),
    ("webhook.secret_ended", _("Webhook’s former secret ended")),
    ("webhook.replayed", _("Messages sent again")),
    ("webhook.deleted", _("Webhook deleted")),
    ("snapshot.asked", _("Snapshot asked for")),
    ("vocabulary.created", _("Vocabulary entry added")),
    ("vocabulary.updated", _("Vocabulary entry changed")),
    ("offer.created", _("Programme drafted")),
    ("offer.updated", _("Programme changed")),
    ("offer.published", _("Programme published")),
    ("offer.started", _("Programme started")),
    ("offer.suspended", _("Programme suspended")),
    ("offer.resumed", _("Programme resumed")),
    ("offer.completed", _("Programme completed")),
    ("offer.withdrawn", _("Programme withdrawn")),
    ("offer.confirmed", _("Programme confirmed as still true")),
    ("offer.discarded", _("Draft thrown away")),
    ("offer.asked", _("Experts’ question about the programme")),
    ("request.created", _("Request drafted")),
    ("request.updated", _("Request changed")),
    ("request.discarded", _("Draft thrown away")),
    ("request.submitted", _("Request submitted")),
    ("request.recorded", _("Request recorded")),
    ("request.clarification_asked", _("Clarification asked")),
    ("request.clarified", _("Clarification given")),
    ("request.authenticated", _("Request authenticated")),
    ("request.step_recorded", _("Step of the procedure recorded")),
    ("request.circulated", _("Request circulated to providers")),
    ("request.assistance_begun", _("Assistance begun")),
    ("request.fulfilled", _("Need met")),
    ("request.closed", _("Request closed")),
    ("request.withdrawn", _("Request withdrawn")),
    ("request.consented", _("Consent to a public summary recorded")),
    ("request.consent_withdrawn", _("Consent to a public summary withdrawn")),
    ("request.summary_published", _("Public summary published")),
    ("request.objected", _("Objection raised")),
    ("request.referred", _("Referred to the working group")),
    ("request.released", _("Released by the working group")),
    ("request.provider_asked", _("A provider was asked about an offer")),
    ("match.suggested", _("Match suggested")),
    ("match.superseded", _("Suggestion superseded")),
    ("match.assigned", _("Match assigned")),
    ("match.shortlisted", _("Match shortlisted")),
    ("match.proposed", _("Match proposed to both parties")),
    ("match.dismissed", _("Match dismissed")),
    ("match.reopened", _("Match reopened")),
    ("match.accepted", _("Proposal accepted by a party")),
    ("match.declined", _("Proposal declined by a party")),
    ("match.agreed", _("Match agreed by both parties")),
    ("match.project_started", _("Project started from the match")),
    ("policy.created", _("Matching policy changed")),
    ("project.created", _("Project started")),
    ("project.updated", _("Project changed")),
    ("project.consulted", _("Consultation opened")),
    ("project.committed", _("Project committed")),
    ("project.begun", _("Project under way")),
    ("project.completed", _("Project completed")),
    ("project.cancelled", _("Project cancelled")),
    ("project.contribution_offered", _("Contribution offered")),
    ("project.contribution_confirmed", _("Contribution confirmed")),
    ("project.feedback_given", _("Feedback given")),
    ("meeting.created", _("Meeting added")),
    ("meeting.updated", _("Meeting changed")),
    ("meeting.confirmed", _("Meeting confirmed")),
    ("meeting.held", _("Meeting marked as held")),
    ("meeting.cancelled", _("Meeting cancelled")),
    ("calendar_address.created", _("Private calendar address made")),
    ("calendar_address.revoked", _("Private calendar address revoked")),
    ("conference.created", _("Bilateral meetings scheduled")),
    ("conference.rescheduled", _("Bilateral meetings scheduled anew")),
    ("document.created", _("Document posted")),
    ("document.updated", _("Document described anew")),
    ("document.removed", _("Document removed")),
    ("action_item.created", _("Action item added")),
    ("action_item.updated", _("Action item changed")),
    ("note.created", _("Note started")),
    ("note.updated", _("Note changed")),
    ("note.published", _("Note published")),
    ("read_only.switched", _("Read-only mode switched")),
    ("bundle.imported", _("Records brought in from a bundle")),
    ("bundle.edited_before", _("Changed by people before it was brought in from a bundle")),
)

#: Written down also while the portal takes no changes; beside `access.role_table.READING` and `NEVER_STOPPED`.
NEVER_STOPPED = frozenset({"snapshot.asked", "read_only.switched", "api_key.revoked", "user.deactivated"})
