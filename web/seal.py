"""A showing as a text that only this archive's servers can make, so that what was shown need not be stored before anybody reacts to it."""

import hashlib
import hmac
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta

from search.errors import BadInput
from search.feedback import Showing

MAX_CHARACTERS = 100_000
"""Of a sealed showing: with the longest query and the most results that a page may have there are fewer."""
VALID_DAYS = 7
_DIGEST_BYTES = 16


class Seal:
    """Signs showings with the archive's key (HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def close(self, showing: Showing) -> str:
        """The showing with its signature, in letters, digits, - and _."""
        fields = [
            showing.id,
            showing.day.isoformat(),
            showing.query,
            showing.search,
            showing.snapshot,
            showing.encoder,
            showing.reranker,
            showing.first,
            showing.shown,
        ]
        packed = zlib.compress(json.dumps(fields).encode("ascii"), 9)
        return urlsafe_b64encode(self._digest(packed) + packed).decode("ascii").rstrip("=")

    def open(self, sealed: str, today: date) -> Showing:
        """The showing. Raises BadInput for a text that is not whole, not of this archive, or older than VALID_DAYS."""
        try:
            read = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        except ValueError:
            read = b""
        digest, packed = read[:_DIGEST_BYTES], read[_DIGEST_BYTES:]
        if not hmac.compare_digest(digest, self._digest(packed)):
            raise BadInput("This list of results was not made here, or is not whole: search again.", field="showing")
        id_, day, query, search, snapshot, encoder, reranker, first, shown = json.loads(zlib.decompress(packed))
        made = date.fromisoformat(day)
        if today - made > timedelta(days=VALID_DAYS):
            raise BadInput(f"This list of results is from {made}, more than {VALID_DAYS} days ago: search again.", field="showing")
        return Showing(id_, made, query, search, snapshot, encoder, reranker, first, tuple(shown))

    def _digest(self, packed: bytes) -> bytes:
        return hmac.digest(self._key, packed, hashlib.sha256)[:_DIGEST_BYTES]
