"""Told when a transaction notes changes; inside it, so what should follow is asked for with `transaction.on_commit`."""

from django.dispatch import Signal

noted = Signal()
