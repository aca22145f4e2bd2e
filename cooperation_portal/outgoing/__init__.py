"""Requests that the portal sends to addresses which somebody typed: checked, pinned, limited in time and size."""
