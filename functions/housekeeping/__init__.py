"""Keeping the house: migrations, retention, and the watchdog over all jobs."""
