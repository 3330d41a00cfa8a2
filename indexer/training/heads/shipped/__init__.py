"""The heads that come with Broadsheet: their definitions, and the run that makes them."""
