"""`make deploy`: asks for what only the owner of an account can know, and does the rest up to a stack that answers."""
