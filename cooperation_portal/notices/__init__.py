"""Notices: what waits for a person, on the page and by mail after commit."""
