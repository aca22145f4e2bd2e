"""Pages of requests: the list, and one request as far as its reader may read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.policy import allows
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.interface.lists import listing
from cooperation_portal.interface.tones import Tone
from cooperation_portal.records.languages import WorkingLanguage

from ..disclosure import Reading, readers_in_words, reading_of, summary_of
from ..filters.requests import DEFAULT_SORT, RequestFilter, sorts_for
from ..forms.candidates import PickerForm
from ..models import AssistanceRequest, Match, Need, Project, WeaponType
from ..services.procedure import next_step, procedure_panel
from ..services.requests import may_edit
from .request_actions import open_actions

PRIORITY_TONES = {
    Need.Priority.HIGH: Tone.ATTENTION,
    Need.Priority.MEDIUM: Tone.INFORMATION,
    Need.Priority.LOW: Tone.NEUTRAL,
}
PRIORITY_ORDER = list(Need.Priority)
#: What the requester sees only as a fact: who in the Committee objected, referred or asked a provider, and why, stays.
COMMITTEE_MATTERS = ("request.objected", "request.referred", "request.released", "request.provider_asked")
#: Matches that may still meet a need, or do.
MEETING_STATUSES = (
    Match.Status.SUGGESTED,
    Match.Status.SHORTLISTED,
    Match.Status.PROPOSED,
    Match.Status.AGREED,
    Match.Status.PROJECT,
)


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """Requests of which the reader may read something; for most visitors, the published summaries."""
    actor = actor_for(request.user)
    rows = AssistanceRequest.objects.visible_to(actor).with_full_text_for(actor)
    rows = rows.select_related("state", "organization").prefetch_related(
        "steps", Prefetch("needs", Need.objects.select_related("area"))
    )
    found = listing(
        request,
        RequestFilter(request.GET, queryset=rows, request=request),
        sorts=sorts_for(actor),
        default=DEFAULT_SORT,
    )
    page = found.page
    count = page.paginator.count
    context = {
        "filter": found.filter,
        "page": page,
        "rows": [list_row(row) for row in page],
        "counted": ngettext("%(count)d request", "%(count)d requests", count) % {"count": count},
        "is_member": actor.is_member,
        "is_committee": actor.is_committee,
        "may_draft": allows(actor, "create", AssistanceRequest),
        "may_record": allows(actor, "record", AssistanceRequest),
        "is_filtered": any(request.GET.get(name) for name in found.filter.form.fields),
    }
    return render(request, "assistance/request_list.html", context)


def list_row(record: AssistanceRequest) -> dict[str, Any]:
    """What the list shows of one request; nothing in it that the reader may not read."""
    reading = reading_of(record)
    row: dict[str, Any] = {"shown": summary_of(record), "is_history": record.is_from_public_source}
    if reading == Reading.SUMMARY:
        return row
    priorities = {need.priority for need in record.needs.all()}
    highest = next((priority for priority in PRIORITY_ORDER if priority in priorities), None)
    row |= {
        "record": record,
        "as_stated": record.received_as_stated,
        "priority": highest.label if highest else "",
        "priority_tone": PRIORITY_TONES[highest] if highest else Tone.NEUTRAL,
    }
    if reading == Reading.INSIDE:
        row["next"] = next_step(record)
    return row


@require_safe
def request_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """One request: the full text for those who read it, the published summary for everybody else."""
    actor = actor_for(request.user)
    rows = (
        AssistanceRequest.objects.visible_to(actor)
        .with_full_text_for(actor)
        .select_related("state", "organization")
        .prefetch_related(
            Prefetch("needs", Need.objects.select_related("area").prefetch_related("types")),
            "steps",
            "existing_assistance__organization",
            "existing_assistance__area",
        )
    )
    record = get_object_or_404(rows, reference=reference)
    reading = reading_of(record)
    if reading == Reading.SUMMARY:
        return render(request, "assistance/request_summary.html", {"summary": summary_of(record)})
    matches = matches_of(record, request.user)
    is_inside = reading == Reading.INSIDE
    actions = open_actions(request.user, record) if is_inside else []
    context = {
        "record": record,
        "is_inside": is_inside,
        "readers": readers_in_words(record),
        "needs": need_rows(record, matches),
        "matches": matches,
        "projects": Project.objects.visible_to(request.user).filter(matches__request=record).distinct(),
        "panel": procedure_panel(record) if is_inside and not record.is_from_public_source else [],
        "coming": next_step(record) if is_inside else None,
        "turn": next((action for action in actions if action.is_turn and action.problem is None), None),
        "actions": [action for action in actions if action.problem is None and not action.is_turn],
        "waiting_actions": [action for action in actions if action.problem is not None],
        "may_edit": is_inside and not record.is_from_public_source and may_edit(request.user, record),
        "may_see_candidates": is_inside
        and (record.is_open or record.is_draft)
        and allows(request.user, "see_candidates", record),
        "may_run": is_inside and record.is_open and allows(request.user, "run", "match"),
        "may_see_packages": is_inside and record.is_open and allows(request.user, "view", "planning"),
        "picker": PickerForm(auto_id="compare_%s"),
        "history": history_of(record, actor) if is_inside else [],
        "lacks_note_verbale": is_inside and lacks_note_verbale(record),
        "question": question_on(record) if is_inside else "",
        "weapon_types": [WeaponType(value).label for value in record.weapon_types],
        "languages": [str(WorkingLanguage(value).label) for value in record.languages],
        "preferred": [str(row) for row in record.preferred_providers.all()] if is_inside else [],
        "declined": [str(row) for row in record.declined_providers.all()] if is_inside else [],
    }
    return render(request, "assistance/request_detail.html", context)


def matches_of(record: AssistanceRequest, who: Any) -> list[Match]:
    """The matches of the request that the reader may see, the best first."""
    visible = Match.objects.visible_to(who).filter(request=record)
    return list(visible.select_related("offer__organization", "offer__state").order_by("-score", "pk")[:50])


def need_rows(record: AssistanceRequest, matches: Iterable[Match]) -> list[dict[str, Any]]:
    """The needs as the `need_row` tag takes them, each with the visible matches that would meet it."""
    met: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for match in matches:
        if match.status not in MEETING_STATUSES:
            continue
        for need in match.explanation.get("needs", ()):
            if need.get("met_by"):
                met[need["area"]].append(
                    {
                        "label": _("%(offer)s of %(provider)s")
                        % {"offer": match.offer.title, "provider": match.offer.provider},
                        "url": match.get_absolute_url(),
                        "how": _how(match, need),
                    }
                )
    return [
        {
            "area": need.area.label,
            "code": need.area.code,
            "types": [str(kind) for kind in need.types.all()],
            "priority": need.get_priority_display(),
            "priority_tone": PRIORITY_TONES[Need.Priority(need.priority)],
            "text": need.detail,
            "met_by": met[need.area.code],
        }
        for need in record.needs.all()
    ]


def _how(match: Match, need: dict[str, Any]) -> str:
    status = match.get_status_display()
    if need["met_by"] == need["area"]:
        return _("%(status)s; same area") % {"status": status}
    return _("%(status)s; through the area %(area)s") % {"status": status, "area": need["met_by"]}


def lacks_note_verbale(record: AssistanceRequest) -> bool:
    """Whether the formal document of an open request is still to be recorded."""
    is_expected = record.origin in (AssistanceRequest.Origin.NOTE_VERBALE, AssistanceRequest.Origin.TEMPLATE)
    return is_expected and record.is_open and not record.document_reference


def question_on(record: AssistanceRequest) -> str:
    """The experts' question that waits for an answer."""
    if record.status != AssistanceRequest.Status.CLARIFICATION:
        return ""
    asked = AuditEntry.objects.about(record).filter(action="request.clarification_asked").first()
    return asked.reason if asked else ""


def history_of(record: AssistanceRequest, actor: Actor) -> list[dict[str, Any]]:
    """What happened to the request, for the requester and the Committee: who, when, what and why.

    The audit itself, with what each field said before and after, stays with the experts; here nothing of it is shown.
    """
    entries = []
    for entry in AuditEntry.objects.about(record)[:100]:
        is_hidden = entry.action in COMMITTEE_MATTERS and not actor.is_committee
        entries.append(
            {
                "who": _("The Committee") if is_hidden else entry.who,
                "at": entry.at,
                "what": entry.get_action_display(),
                "text": "" if is_hidden else entry.reason,
            }
        )
    return entries
