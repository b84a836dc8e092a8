"""`make job`: what a new job needs around its own few lines, written where it belongs."""
