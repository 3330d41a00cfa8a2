"""From clicks and marks to labels: which articles are relevant to which query, whatever the rank at which they were shown."""
