"""Several collections become one material whose examples still show their own texts."""

import json
from dataclasses import asdict

import numpy as np

from indexer.training.bi_encoder import Example
from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection
from indexer.training.shipped_encoder import RECIPE, Part, mix
from indexer.training.sources import Document
from search.models.bundled import tuned_encoder_folder


def _collection(name: str, articles: int, passages: int) -> Collection:
    """So many articles of so many passages of four words each; the vector of a passage is its name's first letter and its row."""
    documents = [
        Document(f"{name}{article}", f"{name} title", " ".join(f"{name}{article}w{word}" for word in range(4 * passages)))
        for article in range(articles)
    ]
    windows = Passages.from_documents(documents, 4, 4)
    assert len(windows.windows) == articles * passages
    vectors = np.array([[ord(name), row] for row in range(articles * passages)], np.float32)
    return Collection(windows, vectors, Bm25(documents))


def test_every_example_keeps_its_texts_articles_and_vectors() -> None:
    first, second = _collection("a", 2, 3), _collection("b", 3, 2)
    bare = len(second.passages.windows)  # rows of passages without titles come after all that have them
    material = mix(
        [
            Part("first", [Example("q1", 4, frozenset({1}), (0,), (2, 5), (1.0, 0.5, 0.2))], first),
            Part("second", [Example("q2", 2 + bare, frozenset({1, 2}), (0, 5 + bare), (3,), (1.0, 0.1))], second),
        ]
    )
    assert material.bank is not None
    one, two = material.examples
    texts, article = material.pool.texts, material.pool.article

    assert texts[one.positive] == first.passages.text(4)
    assert texts[one.negatives[0]] == first.passages.text(0)
    assert [material.bank[row].tolist() for row in one.candidates] == [[ord("a"), 2], [ord("a"), 5]]
    assert one.relevant == {int(article[one.positive])}

    assert texts[two.positive] == second.passages.text(2, bare=True)
    assert [texts[row] for row in two.negatives] == [second.passages.text(0), second.passages.text(5, bare=True)]
    assert [material.bank[row].tolist() for row in two.candidates] == [[ord("b"), 3]]
    assert two.relevant == {int(article[two.positive]), int(article[two.negatives[1]])}  # articles 1 and 2 of the second
    assert two.teacher == (1.0, 0.1)

    assert len(set(article.tolist())) == 5  # no article of one collection is taken for one of the other
    assert len(material.bank) == len(texts) == 24
    assert [bool(vector.any()) for vector in material.bank] == [not without for without in material.pool.untitled]


def test_the_recipe_is_the_one_that_the_package_was_made_with() -> None:
    shipped = json.loads((tuned_encoder_folder() / "config.json").read_text())["recipe"]
    # What was added to recipes since has a default that changes nothing.
    now = asdict(RECIPE)
    assert {name: value for name, value in now.pop("objective").items() if name in shipped["objective"]} == shipped.pop("objective")
    assert {name: value for name, value in now.items() if name in shipped} == shipped
