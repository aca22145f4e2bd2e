"""Forms of meetings, documents, action items and notes."""
