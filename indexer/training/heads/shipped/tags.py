"""Heads that tag words: parts of speech, named entities."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from indexer.training.heads.examples import Example, Sentence, read_examples
from indexer.training.heads.features import labels_of
from indexer.training.heads.shipped.head import Shipped
from search.heads.card import HeadCard, Kind

_ENTITY_TYPES = {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG", "product": "MISC", "creative-work": "MISC"}


def pos(data: Path) -> Shipped:
    sets = {
        name: {split: read_examples(data / name / f"{split}.conllu", Kind.TAGGING) for split in ("train", "dev")}
        for name in ("ud_ewt", "ud_gum")
    }
    train = [*sets["ud_ewt"]["train"], *sets["ud_gum"]["train"]]
    labels = labels_of(train)
    known = set(labels)
    dev = {name: [one for one in each["dev"] if isinstance(one, Sentence) and known.issuperset(one.tags)] for name, each in sets.items()}
    card = HeadCard(
        "pos",
        Kind.TAGGING,
        casing=True,
        labels=labels,
        max_tokens=160,
        description="Part of speech of every word, in the tags of the Penn Treebank.",
        trained_on="11,995 sentences of UD English EWT and 587 of GUM",
    )
    return Shipped(
        card,
        _some_in_small_letters(train),
        dict(dev),
        (2.5, 3, 1),
        800,
        "UD English EWT: CC BY-SA 4.0; GUM: CC BY-NC-SA 4.0",
        "Web text of around 2012 and a little Wikinews.",
    )


def ner(data: Path) -> Shipped:
    wikiann = {split: read_examples(data / "wikiann_en" / f"{split}.conll", Kind.TAGGING) for split in ("train", "dev")}
    wnut = {split: _entity_types(read_examples(data / "wnut17" / f"{split}.conll", Kind.TAGGING)) for split in ("train", "dev")}
    train = [*wikiann["train"], *wnut["train"], *wnut["train"]]
    card = HeadCard(
        "ner",
        Kind.TAGGING,
        casing=True,
        labels=labels_of(train),
        max_tokens=160,
        description="Persons (PER), organisations (ORG), places (LOC) and other names (MISC).",
        trained_on="19,337 sentences of WikiANN and 3,394 of WNUT-17, its six types brought to these four",
        published={"multilingual BERT": "entity F1 0.852 (WikiANN English, XTREME)"},
    )
    return Shipped(
        card,
        _some_in_small_letters(train),
        {"wikiann_en": wikiann["dev"][:3000], "wnut17": wnut["dev"]},
        (4, 5, 3),
        1000,
        "WikiANN: none stated, text of Wikipedia (CC BY-SA); WNUT-17: CC BY 4.0",
        "WikiANN was labelled by machine from links, with lists among its sentences; some adjectives of nations pass for organisations.",
    )


def _some_in_small_letters(examples: Sequence[Example]) -> list[Example]:
    """Every tenth sentence without capitals, so that a text that has none is not taken to be without names."""
    return [
        replace(one, words=tuple(word.lower() for word in one.words)) if isinstance(one, Sentence) and place % 10 == 0 else one
        for place, one in enumerate(examples)
    ]


def _entity_types(examples: Sequence[Example]) -> list[Example]:
    def renamed(tag: str) -> str:
        begin, _, name = tag.partition("-")
        return f"{begin}-{_ENTITY_TYPES[name]}" if name else "O"  # one token of dev is tagged with a byte order mark

    return [replace(one, tags=tuple(renamed(tag) for tag in one.tags)) for one in examples if isinstance(one, Sentence)]
