"""The query language: what a text asks for, in words by meaning and in conditions that must hold. Knows nothing of any index."""

from search.language.condition import And, Condition, Contains, Named, Near, Not, Or, Published
from search.language.parser import understand
from search.language.understanding import Kind, Note, Piece, Reading, Understanding

__all__ = [
    "And",
    "Condition",
    "Contains",
    "Kind",
    "Named",
    "Near",
    "Not",
    "Note",
    "Or",
    "Piece",
    "Published",
    "Reading",
    "Understanding",
    "understand",
]
