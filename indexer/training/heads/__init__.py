"""Training of the task heads: examples read from files, one head on a body of its own, or many on one shared body."""
