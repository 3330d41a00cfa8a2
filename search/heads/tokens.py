"""Texts as a model reads them: pairs cut to fit, words found again among the tokens.

Works with any fast tokenizer; whether there are segment ids is left to it (DistilBERT and RoBERTa have none).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from search.heads.card import Truncation
from search.heads.casing import Casing, casings_of
from search.models.loading import readable
from search.sentences import ABBREVIATION

Encoding = dict[str, list[int]]

# Initials with their last dot ("U.S.", "U.S.-led"), abbreviations with theirs, other words with what is inside them, any other sign alone.
_WORDS = re.compile(rf"(?:[^\W\d_]\.){{2,}}(?:-\w+)*(?!\w)|{ABBREVIATION}|\w+(?:[.,:'’\-/&@]\w+)*|[^\w\s]")


def lengths_in_proportion(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of each text stay when both lose the same share; a text that had any keeps at least one."""
    if first + second <= room:
        return first, second
    kept = round(room * first / (first + second))
    kept = min(max(kept, 1 if first else 0), room - 1 if second else room)
    return kept, min(room - kept, second)


@dataclass(frozen=True)
class Tokens:
    """A tokenizer with a limit of ``max_tokens``, the special ones included; with ``casing`` words come with theirs."""

    tokenizer: Any
    max_tokens: int
    casing: bool = False

    def texts(self, texts: Sequence[str]) -> list[Encoding]:
        """Each text alone, its end cut off."""
        return self._rows([readable(text, self.max_tokens) for text in texts], None, truncation=True)

    def pairs(self, pairs: Sequence[tuple[str, str]], truncation: Truncation) -> list[Encoding]:
        """Two texts each; which of them is cut is the caller's choice. "second" cuts the first only where it is too long alone."""
        firsts = [readable(first, self.max_tokens) for first, _ in pairs]
        seconds = [readable(second, self.max_tokens) for _, second in pairs]
        if truncation == "longest":
            return self._rows(firsts, seconds, truncation="longest_first")
        room = self.room_for_pairs
        first_spans, second_spans = self._spans(firsts), self._spans(seconds)
        for row, (one, two) in enumerate(zip(first_spans, second_spans, strict=True)):
            if truncation == "proportional":
                kept = lengths_in_proportion(len(one), len(two), room)
            else:
                kept = min(len(one), room // 2 if len(two) else room), room
                kept = kept[0], min(len(two), room - kept[0])
            firsts[row] = _cut(firsts[row], one, kept[0])
            seconds[row] = _cut(seconds[row], two, kept[1])
        # The cut texts may be tokenized into a token more at their new end.
        return self._rows(firsts, seconds, truncation="longest_first")

    @property
    def room_for_pairs(self) -> int:
        """How many tokens of two texts fit."""
        return self.max_tokens - int(self.tokenizer.num_special_tokens_to_add(pair=True))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text, all of them, without special ones."""
        return self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"] if texts else []

    def words(self, sentences: Sequence[Sequence[str]]) -> tuple[list[Encoding], list[list[int]]]:
        """Sentences given as words: their encodings, and per sentence the position of the first token of each word that fits."""
        shown = [[readable(word, 64) or " " for word in sentence] or [" "] for sentence in sentences]
        encoded, firsts = self._words(shown)
        gaps = [[word for word in range(max(first, default=0)) if word not in first] for first in firsts]
        if any(gaps):  # signs that the tokenizer drops, such as a zero-width space: left out they would move the tags of what follows
            for sentence, missing in zip(shown, gaps, strict=True):
                for word in missing:
                    sentence[word] = str(self.tokenizer.unk_token)
            encoded, firsts = self._words(shown)
        rows = _split(encoded)
        if self.casing:
            for number, (row, words) in enumerate(zip(rows, shown, strict=True)):
                casings = [casings_of(word) for word in words]
                row["token_type_ids"] = [
                    int(Casing.SMALL if word is None else casings[word][start])
                    for word, (start, _) in zip(encoded.word_ids(number), encoded["offset_mapping"][number], strict=True)
                ]
        return rows, [[first[word] for word in sorted(first)] for first in firsts]

    def _words(self, sentences: list[list[str]]) -> tuple[Any, list[dict[int, int]]]:
        """The tokens of sentences, and of each word that has any the position of the first."""
        encoded = self.tokenizer(
            sentences,
            is_split_into_words=True,
            truncation=True,
            max_length=self.max_tokens,
            return_offsets_mapping=self.casing,
        )
        firsts = []
        for row in range(len(sentences)):
            first: dict[int, int] = {}
            for position, word in enumerate(encoded.word_ids(row)):
                if word is not None:
                    first.setdefault(word, position)
            firsts.append(first)
        return encoded, firsts

    def _spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        encoded = self.tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True)
        spans: list[list[tuple[int, int]]] = encoded["offset_mapping"]
        return spans

    def _rows(self, firsts: list[str], seconds: list[str] | None, truncation: bool | str) -> list[Encoding]:
        if not firsts:
            return []
        return _split(self.tokenizer(firsts, seconds, truncation=truncation, max_length=self.max_tokens))


def split_words(text: str) -> list[tuple[int, int]]:
    """The [start, end) of each word and punctuation mark of a text; "U.S.", "W.", "St.", "3.5" and "O'Neil" stay whole."""
    return [match.span() for match in _WORDS.finditer(text)]


def _cut(text: str, spans: list[tuple[int, int]], count: int) -> str:
    return text if count >= len(spans) else text[: spans[count - 1][1] if count else 0]


def _split(encoded: Any) -> list[Encoding]:
    names = [name for name in encoded if name in ("input_ids", "attention_mask", "token_type_ids")]
    return [{name: encoded[name][row] for name in names} for row in range(len(encoded["input_ids"]))]
