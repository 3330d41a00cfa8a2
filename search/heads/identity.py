"""What tells a head's answers from another's, without opening it."""

import hashlib
import json
from pathlib import Path

from search.heads.card import HeadCard

_FILES = ("*.safetensors", "config.json", "tokenizer.json", "vocab.txt")


def identity_of(card: HeadCard, folder: Path) -> str:
    """A hash of everything that changes what the head in a folder answers, that of the body it shares included."""
    said = (card.labels, card.max_tokens, card.truncation, card.casing, card.lowest, card.highest)
    digest = hashlib.sha256(json.dumps(said).encode())
    for part in (folder, *([(folder / card.body).resolve()] if card.body is not None else [])):
        for path in sorted(path for pattern in _FILES for path in part.glob(pattern)):
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{card.task}:{digest.hexdigest()[:16]}"
