"""Overlaps and gaps: who works where, and which needs nobody reaches, for every member of the network."""
