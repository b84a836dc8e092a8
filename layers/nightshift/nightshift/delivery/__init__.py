"""Delivery of notifications: from the outbox to one digest a person, sent once, true when it is sent."""

from nightshift.delivery.delivering import Delivered, deliver

__all__ = ["Delivered", "deliver"]
