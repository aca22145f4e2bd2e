"""The news as an Atom feed (RFC 4287), the same for everybody."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, get_tag_uri
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cooperation_portal.interface.fresh import PUBLIC, answer_if_changed, standing_of_visitors
from cooperation_portal.interface.text import without_control_characters

from ..news import TYPES, public_news

#: Since when the feed has its identifier; it never changes.
_SINCE = date(2026, 1, 1)


@require_safe
def news_atom(request: HttpRequest) -> HttpResponseBase:
    """The newest public offers, summaries of requests, meetings and notes."""
    standing = standing_of_visitors(request, TYPES)
    return answer_if_changed(request, standing, _feed, cache_control=PUBLIC)


def _feed() -> HttpResponse:
    name, own_url = _("1540 Cooperation Network"), f"{settings.SITE_URL}{reverse('news')}"
    feed = Atom1Feed(
        title=_("News of the 1540 Cooperation Network"),
        link=f"{settings.SITE_URL}/",
        description="",
        subtitle=_("What anyone may read: new offers, summaries of requests, meetings and notes."),
        language=get_language(),
        author_name=name,
        feed_url=own_url,
        feed_guid=get_tag_uri(own_url, _SINCE),
    )
    for entry in public_news():
        feed.add_item(
            title=without_control_characters(entry.title),
            link=entry.url,
            description=without_control_characters(entry.text),
            unique_id=entry.key,
            pubdate=entry.published,
            updateddate=entry.updated,
            categories=[entry.kind],
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
