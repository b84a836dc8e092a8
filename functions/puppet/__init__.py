"""Puppet jobs: a queue in PostgreSQL whose jobs are claimed fairly, carried out by workers, and accounted for."""
