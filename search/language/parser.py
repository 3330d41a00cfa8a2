"""From a query to its understanding. Every text has one: what does not parse as an operator is plain text.

    query    = item*
    item     = operand ("OR" operand)*          OR binds more tightly than standing side by side
    operand  = ["-"] (word | '"' words '"' | word "*" | field ":" value | near ":" '"' two words '"' | "(" item* ")")

Plain words at the top are soft: they are searched by meaning. Everything else is hard, and so is every word in an OR, or in
parentheses with an OR somewhere inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from search.language.condition import And, Condition, Contains, Not, Or, all_of
from search.language.scanner import Role, Scanner, Token
from search.language.understanding import Kind, Note, Piece, Reading, Understanding
from search.language.words import words

MAX_DEPTH = 20
MAX_CONDITIONS = 100

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the query: soft without a condition. ``said`` are the words asked for; ``parts`` those of soft parentheses."""

    start: int
    end: int
    kind: Kind = Kind.WORDS
    condition: Condition | None = None
    excluded: bool = False
    said: tuple[Span, ...] = ()
    parts: tuple["_Node", ...] = ()


def understand(text: str, annotated: bool = True) -> Understanding:
    """How the query is understood. Never fails; takes time in proportion to the text.

    Where nothing is ``annotated``, operators on what heads say are plain text, with a note.
    """
    scanner = Scanner(text, annotated)
    tokens = _paired(list(scanner.tokens()), scanner)
    nodes = _Parser(text, tokens).sequence(0, len(tokens))
    condition = all_of([_signed(node) for node in nodes if node.condition is not None])
    if condition is not None and _leaves(condition) > MAX_CONDITIONS:
        note = Note(Reading.TOO_MANY, text[:40], 0, len(text))
        return _plain(text, (note,))
    notes = tuple(sorted(scanner.notes, key=lambda note: note.start))
    if condition is None:
        return _plain(text, notes)
    said = _merged(text, [span for node in nodes for span in node.said])
    asked = " ".join(text[start:end] for start, end in said)
    return Understanding(text, asked if words(asked) else "", condition, _pieces(text, nodes), notes, tuple(said))


class _Parser:
    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._partner = _partners(tokens)

    def sequence(self, first: int, last: int) -> list[_Node]:
        """The nodes of tokens [first, last), with the operands of each OR joined; soft parentheses are taken apart."""
        nodes: list[_Node] = []
        joining = False
        place = first
        while place < last:
            token = self._tokens[place]
            after = self._partner.get(place, place) + 1
            if token.role in (Role.OR, Role.AND) and nodes and self._can_join(nodes[-1]) and self._starts_operand(after, last):
                joining = token.role is Role.OR
                place = after
                continue
            node = self._node(place, after)
            nodes.append(self._joined(nodes.pop(), node) if joining else node)
            joining = False
            place = after
        return [part for node in nodes for part in (node.parts or (node,))]

    def _node(self, place: int, after: int) -> _Node:
        token = self._tokens[place]
        if token.role is Role.OPEN:
            return self._group(token, self._tokens[after - 1], self.sequence(place + 1, after - 1))
        if token.condition is None:
            return _Node(token.start, token.end, said=((token.start, token.end),))
        said = () if token.excluded or token.said is None else (token.said,)
        return _Node(token.start, token.end, token.kind, token.condition, token.excluded, said)

    def _group(self, opening: Token, closing: Token, inside: list[_Node]) -> _Node:
        start, end = opening.start, closing.end
        if not opening.excluded and not any(_has_or(node.condition) for node in inside):
            brackets = [_Node(token.start, token.end, said=((token.start, token.end),)) for token in (opening, closing)]
            parts = (brackets[0], *inside, brackets[1])
            return _Node(start, end, said=tuple(span for part in parts for span in part.said), parts=parts)
        hard = [self._hard(node) for node in inside]
        condition = all_of([_signed(node) for node in hard if node.condition is not None])
        if condition is None:  # nothing but signs in it
            return _Node(start, end, said=((start, end),))
        said = () if opening.excluded else tuple(span for node in hard for span in node.said)
        return _Node(start, end, Kind.GROUP, condition, opening.excluded, said)

    def _joined(self, left: _Node, right: _Node) -> _Node:
        operands = [self._hard(left), self._hard(right)]
        conditions: list[Condition] = []
        for node in operands:
            condition = _signed(node)
            conditions += condition.conditions if isinstance(condition, Or) else (condition,)
        said = (*operands[0].said, *operands[1].said)
        return _Node(left.start, right.end, Kind.GROUP, Or(tuple(conditions)), said=said)

    def _hard(self, node: _Node) -> _Node:
        """The node with what it says as a condition; without one when it has no words."""
        if node.condition is not None:
            return node
        if node.parts:
            hard = [self._hard(part) for part in node.parts]
            condition = all_of([_signed(part) for part in hard if part.condition is not None])
            return replace(node, kind=Kind.GROUP, condition=condition, parts=(), said=tuple(span for part in hard for span in part.said))
        found = words(self._text[node.start : node.end])
        if not found:
            return replace(node, said=())
        return replace(node, kind=Kind.CONTAINS, condition=Contains(tuple(found)))

    def _can_join(self, node: _Node) -> bool:
        return self._hard(node).condition is not None

    def _starts_operand(self, place: int, last: int) -> bool:
        """Whether something that can be a condition follows."""
        if place >= last:
            return False
        token = self._tokens[place]
        if token.role is Role.OPEN:
            return bool(words(self._text[token.end : self._tokens[self._partner[place]].start]))
        if token.role is Role.TEXT:
            return bool(words(self._text[token.start : token.end]))
        return token.role is Role.CONDITION


def _paired(tokens: list[Token], scanner: Scanner) -> list[Token]:
    """The tokens with parentheses that have no partner, or are too deep, as plain text."""
    partner: dict[int, int] = {}
    opened: list[int] = []
    too_deep: list[int] = []
    for place, token in enumerate(tokens):
        if token.role is Role.OPEN:
            opened.append(place)
        elif token.role is Role.CLOSE and opened:
            deep = len(opened) > MAX_DEPTH
            other = opened.pop()
            if deep:
                too_deep.append(other)
            else:
                partner |= {other: place, place: other}
    if too_deep:
        scanner.note(Reading.TOO_DEEP, tokens[too_deep[0]].start, tokens[too_deep[0]].end)
    if opened and any(token.role is Role.OR for token in tokens[opened[-1] :]):
        scanner.note(Reading.OPEN_GROUP, tokens[opened[-1]].start, tokens[-1].end)
    parentheses = (Role.OPEN, Role.CLOSE)
    return [
        Token(Role.TEXT, token.start, token.end) if token.role in parentheses and place not in partner else token
        for place, token in enumerate(tokens)
    ]


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """For each opening parenthesis the place of its closing one."""
    partner: dict[int, int] = {}
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if token.role is Role.OPEN:
            opened.append(place)
        elif token.role is Role.CLOSE:
            partner[opened.pop()] = place
    return partner


def _signed(node: _Node) -> Condition:
    assert node.condition is not None
    return Not(node.condition) if node.excluded else node.condition


def _has_or(condition: Condition | None) -> bool:
    if isinstance(condition, And):
        return any(_has_or(part) for part in condition.conditions)
    return isinstance(condition, Or) or (isinstance(condition, Not) and _has_or(condition.condition))


def _leaves(condition: Condition) -> int:
    if isinstance(condition, And | Or):
        return sum(_leaves(part) for part in condition.conditions)
    return _leaves(condition.condition) if isinstance(condition, Not) else 1


def _plain(text: str, notes: tuple[Note, ...]) -> Understanding:
    stripped = text.strip()
    start = text.find(stripped)
    pieces = (Piece(Kind.WORDS, stripped, False, start, start + len(stripped)),) if stripped else ()
    return Understanding(text, stripped, None, pieces, notes, tuple((piece.start, piece.end) for piece in pieces))


def _merged(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans in order, those with only spaces between them as one: pasted text keeps its punctuation."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _pieces(text: str, nodes: Sequence[_Node]) -> tuple[Piece, ...]:
    soft = _merged(text, [(node.start, node.end) for node in nodes if node.condition is None])
    pieces = [Piece(Kind.WORDS, text[start:end], False, start, end) for start, end in soft if words(text[start:end])]
    for node in nodes:
        if node.condition is not None:
            shown = text[node.start + node.excluded : node.end]
            pieces.append(Piece(node.kind, shown, node.excluded, node.start, node.end))
    return tuple(sorted(pieces, key=lambda piece: piece.start))
