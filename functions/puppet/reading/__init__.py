"""What can be known of the puppet jobs: their queue, their figures over time, and what follows from these."""
