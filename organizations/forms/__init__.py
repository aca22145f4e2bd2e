"""Forms of organizations, people and contacts.

Nothing is gathered here: allauth loads `signup` while its own forms load, and `password` builds on those.
"""
