"""Training of Broadsheet's models from labelled queries. Nothing in `search` or `web` imports this."""
