"""Offers as activities of the International Aid Transparency Initiative (IATI), and back.

The standard is version 2.03 (iatistandard.org). `activities` writes offers, `reading` reads a file of anybody's,
`drafts` turns what was read into what an offer says; codes and identifiers have a module each.
"""
