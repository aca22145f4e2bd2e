"""The template tags, one module a concern; `templatetags/interface.py` gathers them for `{% load interface %}`."""
