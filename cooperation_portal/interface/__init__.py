"""The interface: page frame, parts, form controls and the words they share. Described in `docs/interface.md`."""
