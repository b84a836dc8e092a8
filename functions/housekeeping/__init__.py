"""Keeping the house: migrations now; the watchdog for late jobs and retention live here as well."""
