"""Wishes: who hears of a sale or of a restock, once, and what the shop sees of it."""
