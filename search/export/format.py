"""The formats that a search can be taken away in."""

from collections.abc import Iterator
from enum import StrEnum

from search.export.bibtex import bibtex
from search.export.feeds import atom, rss
from search.export.records import csv_table, json_document, json_lines
from search.export.results import Results
from search.export.ris import ris

_PIECE = 64_000  # characters that are handed over together: fewer, larger pieces travel faster

_MEDIA_TYPES = {
    "json": "application/json",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "bibtex": "application/x-bibtex; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
}
_SUFFIXES = {"bibtex": "bib", "rss": "rss.xml", "atom": "atom.xml"}


class Format(StrEnum):
    """A format, by the name that is asked for."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    RSS = "rss"
    ATOM = "atom"
    BIBTEX = "bibtex"
    RIS = "ris"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self.value]

    @property
    def suffix(self) -> str:
        """What a file of the format is called by, without the dot."""
        return _SUFFIXES.get(self.value, self.value)


def export(results: Results, wanted: Format, *, address: str = "", byte_order_mark: bool = False) -> Iterator[str]:
    """The results as text, piece by piece as it is asked for: no more than a few hits are held at a time.

    ``address`` is that of a feed itself; ``byte_order_mark`` is for CSV alone.
    """
    match wanted:
        case Format.JSON:
            return _in_pieces(json_document(results))
        case Format.JSONL:
            return _in_pieces(json_lines(results))
        case Format.CSV:
            return _in_pieces(csv_table(results, byte_order_mark=byte_order_mark))
        case Format.RSS:
            return _in_pieces(rss(results, address))
        case Format.ATOM:
            return _in_pieces(atom(results, address))
        case Format.BIBTEX:
            return _in_pieces(bibtex(results))
        case Format.RIS:
            return _in_pieces(ris(results))


def _in_pieces(texts: Iterator[str]) -> Iterator[str]:
    piece: list[str] = []
    length = 0
    for text in texts:
        piece.append(text)
        length += len(text)
        if length >= _PIECE:
            yield "".join(piece)
            piece, length = [], 0
    if piece:
        yield "".join(piece)
