"""Life cycles of offers, requests, matches and projects: one transition table each."""
