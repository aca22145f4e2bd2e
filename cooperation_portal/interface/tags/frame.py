"""Tags of the page frame: navigation, account menu, languages, small things every page has."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from cooperation_portal.interface import navigation

register = template.Library()


@register.simple_tag(takes_context=True)
def primary_links(context: template.Context) -> list[navigation.Link]:
    """Give the links of the main navigation for this reader, with the current one marked."""
    return navigation.primary(context.get("user"), context.get("request"))


@register.simple_tag(takes_context=True)
def account_links(context: template.Context) -> list[navigation.Link]:
    """Give the links of the account menu."""
    return navigation.account(context.get("user"), context.get("request"))


@register.simple_tag(takes_context=True)
def account_security_links(context: template.Context) -> list[navigation.Link]:
    """Give the pages on which people look after their account."""
    return navigation.security(context.get("request"))


@register.simple_tag
def footer_links() -> list[navigation.Link]:
    """Give the links of the footer."""
    return navigation.footer()


@register.simple_tag
def address(name: str) -> str:
    """Give the address of a URL name, or nothing where it is not wired: a page never fails for its frame."""
    return navigation.address(name)


@register.inclusion_tag("partials/language_choice.html", takes_context=True)
def language_choice(context: template.Context, place: str) -> dict[str, Any]:
    """A form to change the language; nothing while there is only one. `place` keeps its ids apart."""
    request = context.get("request")
    return {
        "place": place,
        "languages": settings.LANGUAGES,
        "url": navigation.address("set_language") if len(settings.LANGUAGES) > 1 else "",
        "next": request.get_full_path() if request else "/",
    }


@register.inclusion_tag("partials/post_button.html")
def post_button(url: str, label: Any, tone: str = "", name: str = "", value: Any = "") -> dict[str, Any]:
    """A button that posts to `url` and carries nothing but `name` and `value`."""
    return {"url": url, "label": label, "tone": tone, "name": name, "value": value}


@register.inclusion_tag("partials/messages.html", takes_context=True)
def page_messages(context: template.Context) -> dict[str, Any]:
    """What the last action has to say, each as a notice."""
    return {"messages": context.get("messages") or []}
