"""Whether a portal keeps the contract of its partner API, as far as that shows from outside.

    python -m clients.conformance https://portal.example --key-file key.txt

prints one line for each point of the contract: passed, FAILED with what was seen, or skipped with the reason. It reads
only; with `--write` it also makes an offer as a draft and throws it away, with `--snapshot` it has a snapshot made.
"""
