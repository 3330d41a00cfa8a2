"""The sentences of a text, by its punctuation; in English, Chinese and what is punctuated like them. Knows nothing of models."""

import re
from collections.abc import Iterator

from search.text import Window

# A full stop ends a sentence when a space and what may begin the next one follow it; a Chinese one always does, and so does a line break.
_ENDS = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*[^\W_a-z])|[。！？]+[」』”’）]*|\s*\n\s*")
# What never stands before another sentence, what may, and the words that then show that one begins: "plan B. Then", but "W. Bush".
_TITLES = "Mr|Mrs|Ms|Dr|Prof|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Rev|Hon"
_SHORT = "[A-ZÀ-ÖØ-Þ]|(?:[A-Za-z]\\.)+[A-Za-z]|St|Jr|Sr|Inc|Corp|Co|Ltd|Bros|vs|cf|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_OPENERS = (
    "A|After|All|An|And|As|At|Both|But|By|For|From|He|Her|His|However|I|If|In|It|Its|Meanwhile|Most|No|Not|Now|On|One|Our|She|Since|So|Some"
    "|That|The|Their|Then|There|These|They|This|Those|To|Today|We|What|When|While|Who|With|Yet|You"
)
_SPACE = "[^\\S\n]+[\"'“‘«(\\[]*"
ABBREVIATION = rf"(?:(?:{_TITLES})\.(?=,|{_SPACE}\w)|Nos?\.(?={_SPACE}\d)|(?:{_SHORT})\.(?=,|{_SPACE}(?!(?:{_OPENERS})\b(?!\.))\w))"
"""Matches an initial or an abbreviation with its dot where its sentence goes on behind it, on the same line."""
_ABBREVIATED = re.compile(rf"(?<![^\s(\[\"“‘']){ABBREVIATION}")
LONGEST = 400
"""Characters of a sentence that are shown around a part of it; of longer ones as much on each side as fits, in whole words."""


def sentences(text: str) -> Iterator[Window]:
    """Where each sentence stands, in order, without the space around it."""
    start = len(text) - len(text.lstrip())
    inside = {match.end() - 1 for match in _ABBREVIATED.finditer(text)}
    for match in _ENDS.finditer(text, start):
        if match.start() in inside:
            continue
        end = match.start() + len(match.group().rstrip())
        if end > start:
            yield Window(start, end)
        start = match.end()
    end = len(text.rstrip())
    if end > start:
        yield Window(start, end)


def sentence_around(text: str, start: int, end: int) -> Window:
    """The sentence that has the characters [start, end), or all of them where they lie in several."""
    first = text.rfind("\n", 0, start) + 1  # a sentence ends with its line, so the lines about the part are enough
    last = text.find("\n", max(end, start + 1) - 1)
    line = text[first : last if last >= 0 else len(text)]
    found = [Window(first + one.start, first + one.end) for one in sentences(line) if first + one.start < end and first + one.end > start]
    whole = Window(min(found[0].start, start), max(found[-1].end, end)) if found else Window(start, end)
    room = max((LONGEST - (end - start)) // 2, 0)
    return Window(_word_from(text, whole.start, start - room), _word_until(text, end + room, whole.end))


def _word_from(text: str, first: int, wanted: int) -> int:
    """Where the first word at or after ``wanted`` begins, unless all from ``first`` fits."""
    if wanted <= first:
        return first
    space = text.find(" ", wanted - 1)
    return space + 1 if 0 <= space < wanted + 40 else wanted


def _word_until(text: str, wanted: int, last: int) -> int:
    """Where the last word before ``wanted`` ends, unless all to ``last`` fits."""
    if wanted >= last:
        return last
    space = text.rfind(" ", 0, wanted + 1)
    return space if space > wanted - 40 else wanted
