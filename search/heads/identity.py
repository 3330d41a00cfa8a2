"""What tells a head's answers from another's, without opening it."""

import hashlib
from pathlib import Path

from search.heads.card import HeadCard
from search.models.loading import fingerprint


def identity_of(card: HeadCard, folder: Path) -> str:
    """A hash of everything that changes what the head in a folder answers, that of the body it shares included."""
    if card.body is None:
        return fingerprint(folder)
    digest = hashlib.sha256()
    for part in ((folder / card.body).resolve(), folder):
        for path in sorted(part.glob("*.safetensors")):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{card.task}:{digest.hexdigest()[:16]}"
