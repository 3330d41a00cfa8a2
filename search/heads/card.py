"""What a head is: its task, what it reads, what it answers, how good it is. Written beside its weights as ``head.json``.

Knows nothing of networks.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from search.errors import BadInput

FILE = "head.json"
VERSION = 1

Truncation = Literal["longest", "proportional", "second"]


class Kind(StrEnum):
    """Which layer sits on the body, and so which endpoint it answers at."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    TAGGING = "tagging"
    SPAN = "span"
    CHOICE = "choice"
    MASK = "mask"


_ENDPOINTS = {Kind.TAGGING: "/tag", Kind.SPAN: "/answer", Kind.CHOICE: "/choose", Kind.MASK: "/fill-mask"}


class Reads(StrEnum):
    """What the head is given: one text, or two that are told apart by their segment."""

    TEXT = "text"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class HeadCard:
    """A head's description.

    ``labels`` are in the order of the network's outputs; a regression has none and answers between ``lowest`` and
    ``highest``. ``figures`` are measures on the dev split, ``published`` what others report for models of known size.
    """

    task: str
    kind: Kind
    reads: Reads = Reads.TEXT
    labels: tuple[str, ...] = ()
    lowest: float = 0.0
    highest: float = 1.0
    max_tokens: int = 128
    truncation: Truncation = "longest"
    casing: bool = False
    """Whether a tagger is told how each word is capitalised (search/heads/casing.py)."""
    description: str = ""
    trained_on: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    """Folder of the body that this head shares with others, relative to its own; None when it has one of its own."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")  # with which read() checks what stands in a file

    @property
    def endpoint(self) -> str:
        """The path at which the head answers; without the slash it is the command."""
        return _ENDPOINTS.get(self.kind, "/pair" if self.reads is Reads.PAIR else "/classify")

    def write(self, folder: Path) -> None:
        """Writes ``head.json`` into an existing folder."""
        text = json.dumps({"version": VERSION, **asdict(self)}, indent=2, ensure_ascii=False)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "HeadCard":
        """The card of a folder; raises BadInput when the folder holds no head or one of another version."""
        path = folder / FILE
        try:
            fields: Any = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BadInput(f"{folder} holds no head: {FILE} is missing; train one with `broadsheet train head`.") from None
        except (OSError, ValueError) as error:
            raise BadInput(f"{path} cannot be read ({error}): train the head again.") from error
        version = fields.pop("version", None) if isinstance(fields, dict) else None
        if version != VERSION:
            raise BadInput(f"{path} is of version {version}, this program reads {VERSION}: train the head again.")
        try:
            return TypeAdapter(HeadCard).validate_python(fields)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise BadInput(f"{path} is not a description of a head ({place}: {first['msg']}): train the head again.") from error
