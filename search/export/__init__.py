"""All that a search finds, in the formats that other programs take: one file per format, each a generator of text."""

from search.export.address import address_of
from search.export.format import Format, export
from search.export.results import Results

__all__ = ["Format", "Results", "address_of", "export"]
