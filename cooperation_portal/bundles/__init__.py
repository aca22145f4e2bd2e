"""Bundles: everything that describes the network as files, one NDJSON file a record type, and back into a portal."""
