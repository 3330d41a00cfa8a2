"""The state of a search as it stands in the address, so that every link of a page can keep it or change one thing."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

_NAMES = ("topic", "source", "author", "language", "sentiment", "person", "organisation", "place", "label")
FILTERS = ("after", "before", *(prefix + field for prefix in ("", "not_") for field in _NAMES))
SHARED = (*FILTERS, "mode", "lang")  # what two searches that are compared have in common
_SEARCH = ("q", *FILTERS, "mode", "sort", "half_life")  # what says which articles are found and in which order
ASKED = (*FILTERS, "mode", "rerank", "sort", "half_life", "stories")  # what decides beside the query what stands at which rank


@dataclass(frozen=True, slots=True)
class Address:
    """Names and values of a query string, in order and without blanks."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, request: Request) -> "Address":
        """The address that was asked for."""
        return cls(tuple((name, value) for name, value in request.query_params.multi_items() if value.strip()))

    def one(self, name: str) -> str:
        """The first value of the name, or nothing."""
        return next((value for other, value in self.pairs if other == name), "")

    def all(self, name: str) -> list[str]:
        """All values of the name."""
        return [value for other, value in self.pairs if other == name]

    def having(self, name: str, value: object) -> "Address":
        """The same with this as the name's only value."""
        return Address((*self.without(name).pairs, (name, str(value))))

    def without(self, *names: str) -> "Address":
        """The same without these names."""
        return Address(tuple(pair for pair in self.pairs if pair[0] not in names))

    def keeping(self, *names: str) -> "Address":
        """The same with nothing but these names."""
        return Address(tuple(pair for pair in self.pairs if pair[0] in names))

    def first_page(self) -> "Address":
        """The same from the first result on."""
        return self.without("offset")

    def search(self) -> "Address":
        """What is searched for, without the way it is shown."""
        return self.keeping(*_SEARCH)

    def dropping(self, name: str, value: str) -> "Address":
        """The same without one of the name's values."""
        return Address(tuple(pair for pair in self.pairs if pair != (name, value)))

    def query(self) -> str:
        """All of it as a query string."""
        return urlencode(self.pairs)

    def at(self, path: str) -> str:
        """The link to ``path`` in this state."""
        return f"{path}?{self.query()}" if self.pairs else path


def local_path(address: str) -> str:
    """The address if it is one of this site, else the start page."""
    # "//host" and "/\\host" would be other hosts, control characters are dropped by browsers before they look.
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable() else "/"
