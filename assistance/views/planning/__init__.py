"""Pages that look at all open requests and live offers together, each in a module of its own."""
