"""Shows it: the HTTP API and the page."""
