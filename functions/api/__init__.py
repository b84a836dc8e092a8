"""The door: guards, triggers, the record of runs and locks, and the routes that each domain brings."""
