"""Example data: plainly fictional people, offers, requests and decisions, so that every page has something in it."""
