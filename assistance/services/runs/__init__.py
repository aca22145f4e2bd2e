"""One run of the matching service, from reading the records to writing the suggestions."""
