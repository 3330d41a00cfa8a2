"""Queries of the query language made up together with what they mean, in plain Python over the articles' texts.

Knows nothing of the parser, of Tantivy or of ``search.language``: what a word is and when a condition holds is written down here a
second time, in a slow and obvious way.
"""

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from search.article import Article

Meets = Callable[[Article], bool]

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC")
_STROKES = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
NASTY = (
    "don't U.S. U.S.A. 3.5% AT&T C++ C# AC/DC O'Brien co-operate covid-19 G7 1,000 €5bn 'quoted' under_score x²+y ½ 1️⃣ 🙂oil oil🙂 "
    "Zoë Zoe naïve NAÏVE résumé re\u00adsume Łódź lodz Ærø İstanbul istanbul Straße STRASSE ﬁnance ﬁn Ｏｉｌ ５０ Ελλάδα ελλαδα हिन्दी "
    "石油 石油价格 沙特阿拉伯 价格上限 東京 とうきょう コーヒー 서울 서울시 ราคาน้ำมัน http://example.org/a?b=c user@example.org "
    f"{'l' * 64} {'l' * 65} {'l' * 300} {'l' * 301}x"
).split()


@dataclass(frozen=True)
class Asked:
    """A query and which articles may be found by it."""

    text: str
    meets: Meets


@cache
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, character by character."""
    found: list[str] = []
    last = ""  # what the character before was: part of a word that goes on, a word by itself, or nothing
    for folded in "".join(_folded(character) for character in text):
        kind = unicodedata.category(folded)[0]
        unspaced = unicodedata.name(folded, "").startswith(_UNSPACED)
        if kind == "M" and (last == "alone" or (last == "run" and not unspaced)):
            found[-1] += folded
        elif kind in "LN" and unspaced:
            found.append(folded)
            last = "alone"
        elif kind in "LN" and last == "run":
            found[-1] += folded
        elif kind in "LN":
            found.append(folded)
            last = "run"
        else:
            last = ""
    return tuple(word[:250] for word in found)


def _folded(character: str) -> str:
    plain = ""
    for part in unicodedata.normalize("NFKD", character):
        if 0x300 <= ord(part) <= 0x36F or 0xFE00 <= ord(part) <= 0xFE0F or part in "\u20e3\u00ad":
            continue
        plain += "".join(_STROKES.get(lower, lower) for lower in part.casefold())
    return "".join(part for part in unicodedata.normalize("NFC", plain) if not 0x300 <= ord(part) <= 0x36F)


def contains(text: str, phrase: Sequence[str]) -> bool:
    """Whether the words of the phrase stand next to each other in the text."""
    own = words_of(text)
    return any(own[place : place + len(phrase)] == tuple(phrase) for place in range(len(own) - len(phrase) + 1))


def near(text: str, first: Sequence[str], second: Sequence[str], distance: int) -> bool:
    """Whether the two stand in the text, the nearest ends at most so many words apart."""
    own = words_of(text)
    at = {part: [i for i in range(len(own)) if own[i : i + len(part)] == part] for part in (tuple(first), tuple(second))}
    return any(
        1 <= right - (left + len(one) - 1) <= distance
        for one, other in ((tuple(first), tuple(second)), (tuple(second), tuple(first)))
        for left in at[one]
        for right in at[other]
    )


class Asker:
    """Makes up queries about a corpus, the same ones for the same seed."""

    def __init__(self, articles: Sequence[Article], seed: int) -> None:
        self._articles = articles
        self._random = random.Random(seed)

    def ask(self) -> Asked:
        """A query with one to three conditions, most of the time between soft words."""
        parts: list[tuple[str, Meets | None]] = [self._condition(0) for _ in range(self._random.choice((1, 1, 2, 3)))]
        parts += [(self._chunk(), None) for _ in range(self._random.choice((0, 1, 2)))]
        self._random.shuffle(parts)
        conditions = [meets for _, meets in parts if meets is not None]
        return Asked("  ".join(text for text, _ in parts), lambda article: all(meets(article) for meets in conditions))

    def _condition(self, depth: int) -> tuple[str, Meets]:
        makers = [self._phrase, self._phrase, self._excluded, self._prefix, self._near, self._title, self._named, self._named, self._dated]
        if depth < 3:
            makers += [lambda: self._either(depth), lambda: self._either(depth)]
        return self._random.choice(makers)()

    def _operand(self, depth: int) -> tuple[str, Meets]:
        """One side of an OR: there a plain word is a condition too."""
        if self._random.random() < 0.5:
            chunk = self._chunk()
            return chunk, _in_text(chunk)
        return self._condition(depth)

    def _either(self, depth: int) -> tuple[str, Meets]:
        operands = [self._operand(depth + 1) for _ in range(self._random.choice((2, 2, 3)))]
        joined = " OR ".join(text for text, _ in operands)
        conditions = [meets for _, meets in operands]
        extra = [self._operand(depth + 1) for _ in range(self._random.choice((0, 0, 1)))]
        required = [meets for _, meets in extra]
        opening, closing = self._random.choice(("()", "()", "（）"))
        minus = self._random.random() < 0.2
        text = f"{'-' * minus}{opening}{joined}{''.join(f' {text}' for text, _ in extra)}{closing}"

        def meets(article: Article) -> bool:
            return any(one(article) for one in conditions) and all(one(article) for one in required)

        return text, (lambda article: not meets(article)) if minus else meets

    def _phrase(self) -> tuple[str, Meets]:
        count = self._random.choice((1, 2, 2, 3))
        text = self._run_of_words(count)
        if self._random.random() < 0.2:
            pieces = text.split()
            self._random.shuffle(pieces)
            text = " ".join(pieces)
        opening, closing = self._random.choice(('""', '""', "“”", "«»", "「」"))
        minus = self._random.random() < 0.3
        meets = _in_text(text)
        return f"{'-' * minus}{opening}{text}{closing}", (lambda article: not meets(article)) if minus else meets

    def _excluded(self) -> tuple[str, Meets]:
        chunk = self._chunk()
        meets = _in_text(chunk)
        minus = "-" if not chunk[0].isdigit() else '-"'
        return f"{minus}{chunk}{minus[1:]}", lambda article: not meets(article)

    def _prefix(self) -> tuple[str, Meets]:
        for _ in range(50):
            own = words_of(self._chunk())
            if len(own) == 1 and len(own[0]) > 1 and own[0].isalpha() and not unicodedata.name(own[0][0], "").startswith(_UNSPACED):
                break
        else:
            own = ("ec",)
        beginning = own[0][: self._random.randint(2, len(own[0]))]
        star = self._random.choice("**＊")
        if self._random.random() < 0.3:
            return f"title:{beginning}{star}", lambda article: any(word.startswith(beginning) for word in words_of(article.title))
        return (
            f"{beginning.upper() if beginning.isascii() else beginning}{star}",
            lambda article: any(word.startswith(beginning) for text in (article.title, article.text) for word in words_of(text)),
        )

    def _near(self) -> tuple[str, Meets]:
        distance = self._random.choice((1, 2, 5, 9, 20))
        run = self._run_of_words(self._random.choice((2, 3, 5, 9, 20)))
        pieces = [piece for piece in run.split() if words_of(piece)]
        one, other = pieces[0], pieces[-1] if len(pieces) > 1 else self._chunk()
        if self._random.random() < 0.5:
            one, other = other, one
        first, second = words_of(one), words_of(other)
        return (
            f'near{distance}:"{one} {other}"',
            lambda article: any(near(text, first, second, distance) for text in (article.title, article.text)),
        )

    def _title(self) -> tuple[str, Meets]:
        words = self._random.choice(self._articles).title.split() or ["oil"]
        place = self._random.randrange(len(words))
        phrase = _speakable(" ".join(words[place : place + 2]))
        own = words_of(phrase)
        return f'title:"{phrase}"', lambda article: contains(article.title, own)

    def _named(self) -> tuple[str, Meets]:
        field = self._random.choice(("source", "author", "topic", "language"))
        values = [
            value for article in self._random.sample(self._articles, min(len(self._articles), 20)) for value in _names(article, field)
        ]
        name = _speakable(self._random.choice(values or ["Nobody"]))
        if self._random.random() < 0.5:
            name = self._random.choice(name.split())
        own = words_of(name) or ("nobody",)
        minus = "-" * (self._random.random() < 0.3)
        shown = f'"{name}"' if words_of(name) else "nobody"

        def meets(article: Article) -> bool:
            return any(contains(value, own) for value in _names(article, field))

        return f"{minus}{field}:{shown}", (lambda article: not meets(article)) if minus else meets

    def _dated(self) -> tuple[str, Meets]:
        dates = [article.published_at for article in self._articles if article.published_at]
        day = self._random.choice(dates or [datetime(2020, 1, 1, tzinfo=UTC)]).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._random.random() < 0.5:
            first, after_last, written = day, day + timedelta(days=1), f"{day:%Y-%m-%d}"
        else:
            first = day.replace(day=1)
            after_last, written = (first + timedelta(days=32)).replace(day=1), f"{day:%Y-%m}"
        kind = self._random.choice(("after", "before", "on"))

        def meets(article: Article) -> bool:
            moment = article.published_at
            if moment is None:
                return False
            return (kind == "before" or moment >= first) and (kind == "after" or moment < after_last)

        return f"{kind}:{written}", meets

    def _chunk(self) -> str:
        """Something without spaces that has a word in it."""
        if self._random.random() < 0.3:
            return self._random.choice(NASTY)
        return next(piece for piece in self._run_of_words(1).split() if words_of(piece))

    def _run_of_words(self, count: int) -> str:
        """Words that stand next to each other somewhere in the corpus."""
        while True:
            article = self._random.choice(self._articles)
            words = (article.title if self._random.random() < 0.3 else article.text).split() or ["oil"]
            place = self._random.randrange(len(words))
            text = _speakable(" ".join(words[place : place + count]))
            if words_of(text) and not {"OR", "AND", "NOT"} & set(text.split()):
                return text


def _in_text(text: str) -> Meets:
    own = words_of(text)
    return lambda article: contains(article.title, own) or contains(article.text, own)


def _names(article: Article, field: str) -> list[str]:
    if field == "topic":
        return list(article.topics)
    value = {"source": article.source, "author": article.author, "language": article.language}[field]
    return [value] if value else []


def _speakable(text: str) -> str:
    """Without the signs that mean something in a query: what is left is what a user would type of it."""
    for sign in '"“”„«»「」『』＂()（）*＊，。、；！？:：':
        text = text.replace(sign, " ")
    return " ".join(text.split()).lstrip("-－ ") or "oil"
