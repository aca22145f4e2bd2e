"""Webhooks: short signed messages to partners' systems that say which record changed, so that they read `changes`."""
