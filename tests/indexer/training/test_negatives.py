"""Examples hold what a query may be told apart from, and the teacher's opinion of the rest."""

import numpy as np
import pytest

from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection, evidence_of
from indexer.training.negatives import Mining, bank_of, make_examples, noise_of, pool_of
from indexer.training.sources import Document, LabelledQuery, untitled
from tests.fakes import WordEncoder

DOCUMENTS = tuple(Document(str(row), f"Title {row}", f"text number{row} about news") for row in range(12))
ALIKE = np.full((1, 12), 12**-0.5, np.float32)


def collection() -> Collection:
    return Collection(Passages.from_documents(DOCUMENTS), np.eye(12, dtype=np.float32), Bm25(DOCUMENTS))


def test_negatives_are_neither_relevant_nor_hidden_nor_forbidden() -> None:
    query = LabelledQuery("news about number3", {3: 1.0, 4: 0.25, 7: 0.0}, hidden=frozenset({5}))
    mining = Mining(negatives=12, candidates=12)
    (example,) = make_examples(collection(), [query], ALIKE, mining, forbidden=frozenset({6}))
    assert example.positive == 3
    assert set(example.negatives) == set(range(12)) - {3, 4, 5, 6}
    assert set(example.candidates) == set(range(12)) - {3, 5, 6}  # what is a little relevant is for the teacher to place
    assert example.relevant >= {3, 4, 5}


def test_a_near_twin_of_the_positive_is_no_negative() -> None:
    twins = np.eye(12, dtype=np.float32)
    twins[9] = twins[3] * 0.9 + twins[9] * 0.19**0.5
    twins[9] /= np.linalg.norm(twins[9])
    of = Collection(Passages.from_documents(DOCUMENTS), twins, Bm25(DOCUMENTS))
    (example,) = make_examples(of, [LabelledQuery("news", {3: 1.0})], ALIKE, Mining(negatives=12))
    assert 9 not in example.negatives
    assert 9 in example.relevant


def test_the_hybrid_teaches_its_order_with_the_labels_on_top() -> None:
    query = LabelledQuery("number5", {3: 1.0, 4: 0.5})
    vectors = np.eye(12, dtype=np.float32)[[3]]
    mining = Mining(candidates=12, temperature=0.1, label_bonus=0.4)
    examples = make_examples(collection(), [query], vectors, Mining(positives=2, candidates=12, temperature=0.1, label_bonus=0.4))
    assert {example.positive for example in examples} == {3, 4}
    (example,) = make_examples(collection(), [LabelledQuery("number5", {3: 1.0})], vectors, mining)
    taught = dict(zip((example.positive, *example.candidates), example.teacher, strict=True))
    assert taught[5] > taught[1]  # it has the word
    assert taught[3] - taught[1] > 4.0 - 1e-6  # 0.4 for the label, divided by the temperature, and the similarity
    assert len(example.teacher) == 1 + len(example.candidates)


def test_a_cross_encoder_teaches_in_the_hybrids_place_and_drops_what_it_finds_better_than_the_positive() -> None:
    def judge(pairs: list[tuple[str, str]]) -> np.ndarray:
        return np.array([float(text.split("number")[1].split()[0]) for _, text in pairs], np.float32)

    (example,) = make_examples(collection(), [LabelledQuery("news", {6: 1.0})], ALIKE, Mining(negatives=12, candidates=12), judge=judge)
    assert set(example.negatives) == {0, 1, 2, 3, 4, 5}
    assert example.teacher == (6.0, *map(float, example.candidates))


def test_a_headline_is_shown_passages_without_their_title() -> None:
    of = collection()
    pool = pool_of(of)
    (example,) = make_examples(of, [LabelledQuery("title 2", {2: 1.0}, bare=True)], ALIKE, Mining(negatives=3, candidates=3))
    shown = [pool.texts[row] for row in (example.positive, *example.negatives)]
    assert shown[0] == "text number2 about news"
    assert not any("Title" in text for text in shown)
    assert pool.article[example.positive] == 2
    assert example.candidates == ()


def test_a_headline_is_searched_among_passages_without_titles_and_judged_by_them() -> None:
    words = WordEncoder()
    passages = Passages.from_documents(DOCUMENTS)
    without = Collection(passages, words.encode_passages(passages.texts(bare=True)), Bm25(untitled(DOCUMENTS)))
    of = Collection(passages, words.encode_passages(passages.texts()), Bm25(DOCUMENTS), without)
    asked = [LabelledQuery("title 3 news", {3: 1.0}, bare=bare) for bare in (True, False)]
    headline, query = evidence_of(of, asked, words.encode_queries([query.text for query in asked]))
    assert int(query.fused.argmax()) == 3
    assert len(set(headline.bm25.tolist())) == 1  # "news", which all have
    assert headline.similarity[3] < query.similarity[3]
    read: list[str] = []

    def judge(pairs: list[tuple[str, str]]) -> np.ndarray:
        read.extend(text for _, text in pairs)
        return np.zeros(len(pairs), np.float32)

    make_examples(of, asked[:1], words.encode_queries([asked[0].text]), Mining(negatives=3), judge=judge)
    assert read
    assert not any("Title" in text for text in read)


def test_the_bank_has_the_vectors_of_the_pool_and_none_of_what_nobody_may_see() -> None:
    words = WordEncoder()
    passages = Passages.from_documents(DOCUMENTS)
    titled, bare = (words.encode_passages(passages.texts(bare=bare)) for bare in (False, True))
    of = Collection(passages, titled, Bm25(DOCUMENTS), Collection(passages, bare, Bm25(untitled(DOCUMENTS))))
    pool, bank = pool_of(of), bank_of(of, frozenset({2}))
    assert len(bank) == len(pool.texts)
    hidden = pool.article == 2
    np.testing.assert_array_equal(bank[~hidden], words.encode_passages(pool.texts)[~hidden])
    assert not bank[hidden].any()
    assert not bank_of(Collection(passages, titled, Bm25(DOCUMENTS)))[pool.untitled].any()  # these were not encoded


def test_noise_is_drawn_by_the_number_of_labels_to_the_power_of_three_quarters() -> None:
    of = collection()
    queries = [LabelledQuery(f"news {number}", {row: 1.0}) for number, row in enumerate([0, 0, 0, 0, 1, 2])]
    examples = make_examples(of, queries, np.repeat(ALIKE, 6, axis=0), Mining())
    noise = noise_of(pool_of(of), examples, queries)
    expected = np.array([4**0.75, 1, 1])
    np.testing.assert_allclose(noise.probability, expected / expected.sum())
    np.testing.assert_array_equal(noise.article, [0, 1, 2])


def test_every_label_counts_for_the_noise_whether_it_is_drawn_as_the_positive_or_not() -> None:
    of = collection()
    queries = [LabelledQuery("news", {0: 1.0, 1: 1.0, 2: 0.25}), LabelledQuery("more news", {1: 0.5, 3: 1.0})]
    examples = make_examples(of, queries, np.repeat(ALIKE, 2, axis=0), Mining(positives=1))
    noise = noise_of(pool_of(of), examples, queries)
    expected = np.array([1, 2**0.75, 1])
    np.testing.assert_array_equal(noise.article, [0, 1, 3])
    np.testing.assert_array_equal(noise.passage, [0, 1, 3])
    np.testing.assert_allclose(noise.probability, expected / expected.sum())


def test_a_query_without_anything_clearly_relevant_makes_no_example() -> None:
    queries = [LabelledQuery("news", {3: 0.25}), LabelledQuery("news", {})]
    assert make_examples(collection(), queries, np.repeat(ALIKE, 2, axis=0), Mining()) == []


@pytest.mark.parametrize("count", [0, 3, 100])
def test_no_more_negatives_than_asked_for_or_there(count: int) -> None:
    (example,) = make_examples(collection(), [LabelledQuery("news", {3: 1.0})], ALIKE, Mining(negatives=count))
    assert len(example.negatives) == min(count, 11)
