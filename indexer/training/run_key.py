"""What tells a training run from others: an interrupted one goes on only with the data and settings that it was begun with."""

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass


def run_key(*told: object) -> str:
    """A hash of values and dataclasses of them, the same in every process.

    A model is told by its fingerprint: its folder may hold another one tomorrow.
    """
    return hashlib.sha256(repr([_ordered(each) for each in told]).encode()).hexdigest()


def _ordered(value: object) -> object:
    """The value with its sets, and those of its fields, in order: strings hash differently in every process."""
    if isinstance(value, AbstractSet):
        return sorted(value)
    if is_dataclass(value):
        return [(field.name, _ordered(getattr(value, field.name))) for field in fields(value)]
    return value
