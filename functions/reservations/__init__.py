"""Holds on stock: what carts reserve, and what comes back when they are abandoned (docs/reservations.md)."""
