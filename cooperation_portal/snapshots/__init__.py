"""Snapshots: everything that an organization may read, as one file, with the place in the change feed to go on from."""
