"""Adapts the models to an archive that nobody has labelled, and keeps what is better."""
