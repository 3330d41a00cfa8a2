"""Answers a query: values, models, index, store and the engine that joins them."""
