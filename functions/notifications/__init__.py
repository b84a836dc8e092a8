"""Notifications: what the outbox holds is delivered, read in the shop, and stopped on request."""
