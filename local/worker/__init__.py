"""A worker for puppet jobs on this machine: it takes jobs as any worker does, and has good and bad days on request."""
