"""Pages of meetings, their documents, action items and notes."""
