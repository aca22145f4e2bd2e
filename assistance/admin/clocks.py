"""How the admin's lists show the clocks of the procedure: one answer for the queue and the triage."""

from __future__ import annotations

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from ..models import AssistanceRequest


def shown_clock(request: AssistanceRequest) -> SafeString | str:
    """The earliest dated step that is still open, and how late it is; no query where `steps` is prefetched."""
    due = [step for step in request.steps.all() if step.done_on is None and step.due_on is not None]
    if not due:
        return "–"
    step = min(due, key=lambda row: row.due_on)
    days = (step.due_on - timezone.localdate()).days
    if days < 0:
        late = ngettext("%(days)d day overdue", "%(days)d days overdue", -days) % {"days": -days}
        return format_html('<span class="chip chip--problem">{}</span> {}', late, step)
    left = ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    return format_html("{}<br>{}", left, step)
