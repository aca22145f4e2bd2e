"""`{% load interface %}`: every part of the interface. Parameters are described in `docs/interface.md`."""

from django import template

from cooperation_portal.interface.tags import blocks, forms, frame, parts, tables

register = template.Library()
for module in (frame, parts, blocks, tables, forms):
    register.tags.update(module.register.tags)
    register.filters.update(module.register.filters)
