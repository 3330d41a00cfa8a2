"""Articles put together at random from sentences of the bundled sample: any number of them, with real words and lengths."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files

import numpy as np

_SENTENCE = re.compile(r"(?<=[.!?\"])\s+")
_SEED = 11


def sample() -> list[dict[str, object]]:
    """The articles of the bundled sample."""
    lines = files("indexer").joinpath("sample/corpus.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def sample_queries() -> list[str]:
    """The queries of the bundled sample."""
    lines = files("indexer").joinpath("sample/queries.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def made_up_articles(count: int) -> Iterator[dict[str, object]]:
    """Articles of 5 to 25 sentences with title, source, topic and date of one of the sample's; the same ones each time."""
    generator = np.random.default_rng(_SEED)
    originals = sample()
    sentences = [sentence for article in originals for sentence in _SENTENCE.split(str(article["text"]))]
    for number in range(count):
        original = originals[int(generator.integers(len(originals)))]
        chosen = generator.choice(len(sentences), int(generator.integers(5, 26)))
        yield {
            "id": f"made-up-{number}",
            "title": original["title"],
            "text": " ".join(sentences[i] for i in chosen),
            "source": original["source"],
            "topic": original["topic"],
            "published_at": original["published_at"],
        }
