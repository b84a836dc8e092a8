"""A Lambda of our own: handlers in their own processes, timeouts that kill, asynchronous events that retry."""
