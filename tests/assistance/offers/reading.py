"""Helpers that read pages and refusals."""

import re

import pytest
from django.core.exceptions import ValidationError

from assistance.models import Offer


def problems_of(call, **arguments) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        call(**arguments)
    return caught.value.message_dict


def text_of(response) -> str:
    """The words of a page, without markup and runs of space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def errors_of(response) -> set[str]:
    form = response.context["form"]
    return set(form.errors)


def edit_of(offer: Offer) -> str:
    return f"/offers/{offer.reference}/edit/"
