"""What is found, in the formats that other programs take: one file per format, each a generator of text."""
