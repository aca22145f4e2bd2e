"""The admin: Django's own, shaped into the experts' workbench."""
