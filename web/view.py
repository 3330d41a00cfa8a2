"""What every page shows alike: the address that it stands for, the language and the colours that its reader wants."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request

from web.address import Address
from web.language import Language, chosen_language

LANGUAGE_COOKIE = "broadsheet_language"
THEME_COOKIE = "broadsheet_theme"
LANGUAGE_PARAMETER = "lang"
MARKED_PARAMETER = "marked"  # what was marked on this very page, which no link of it keeps


class Theme(StrEnum):
    """Ink on paper, or the other way round; SYSTEM is what the reader's device says."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class View:
    """One look at one address; ``here`` is its path with its query, for the way back from a choice of language or theme."""

    address: Address
    language: Language
    theme: Theme = Theme.SYSTEM
    here: str = "/"

    @classmethod
    def of(cls, request: Request) -> "View":
        """The view that the request asks for: the address says the language first, then the cookie, then the browser."""
        language = chosen_language(
            request.query_params.get(LANGUAGE_PARAMETER),
            request.cookies.get(LANGUAGE_COOKIE),
            accepted=request.headers.get("accept-language", ""),
        )
        theme = next((one for one in Theme if one == request.cookies.get(THEME_COOKIE)), Theme.SYSTEM)
        address = Address.of(request)
        here = address.without(LANGUAGE_PARAMETER).at(request.url.path)
        return cls(address.without(MARKED_PARAMETER), language, theme, here)
