"""Column types that store anything: UTC instants, texts and JSON alike on SQLite and PostgreSQL.

A NUL or half a character (lone surrogate) would fail a whole batch, so each becomes U+FFFD, one for one, and offsets stay right.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_DEPTH = 32


def storable(text: str) -> str:
    """The text of the same length with U+FFFD for every NUL and lone surrogate."""
    return _UNSTORABLE.sub("\ufffd", text)


def json_value(value: object, depth: int = _MAX_DEPTH) -> object:
    """The value as plain JSON: NaN, infinities and what nests deeper than ``depth`` become null, unknown types their text."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return storable(value)
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {storable(str(key)): json_value(item, depth - 1) for key, item in value.items()} if depth else None
        case list() | tuple():
            return [json_value(item, depth - 1) for item in value] if depth else None
        case _:
            return storable(str(value))


class StorableText(TypeDecorator[str]):
    """Text that never fails a batch; see ``storable``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else storable(value)


class JsonText(TypeDecorator[object]):
    """A JSON value kept as text: PostgreSQL's own JSON types refuse values that SQLite takes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str:  # noqa: ARG002
        return json.dumps(json_value(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:  # noqa: ARG002
        return None if value is None else json.loads(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, stored as UTC without a zone: it sorts, and no session's time zone can change what comes back."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone: the archive stores UTC.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)
