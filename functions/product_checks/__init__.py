"""Product checks: fetch the tracked pages, read what they offer, and keep what changed."""
