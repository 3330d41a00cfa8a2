"""Both kinds of FAISS index answer as brute force does."""

from pathlib import Path

import numpy as np
import pytest

from search.errors import DamagedSnapshot
from search.index.durable import sha256_of
from search.index.vectors import EXACT_LIMIT, FaissVectors

DIMENSION = 32


def _clustered(count: int, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((200, DIMENSION))
    vectors = centres[generator.integers(0, len(centres), count)] + 0.5 * generator.standard_normal((count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def _brute_force(vectors: np.ndarray, ids: np.ndarray, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    similarity = vectors.astype(np.float32) @ query
    order = np.lexsort((ids, -similarity))[:k]
    return similarity[order], ids[order]


def _query(vectors: np.ndarray, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    query = vectors[generator.integers(len(vectors))].astype(np.float32) + 0.3 * generator.standard_normal(DIMENSION).astype(np.float32)
    return (query / np.linalg.norm(query)).astype(np.float32)


@pytest.fixture(scope="module")
def small() -> tuple[np.ndarray, np.ndarray, FaissVectors]:
    vectors = _clustered(3_000)
    ids = np.sort(np.random.default_rng(2).choice(10_000, 3_000, replace=False)).astype(np.int64) + 1
    return vectors, ids, FaissVectors.from_vectors(vectors, ids)


@pytest.fixture(scope="module")
def large() -> tuple[np.ndarray, np.ndarray, FaissVectors]:
    count = EXACT_LIMIT + 5_000
    vectors = _clustered(count)
    ids = np.arange(5, count + 5, dtype=np.int64)
    return vectors, ids, FaissVectors.from_vectors(vectors, ids)


def test_a_small_index_is_exact(small: tuple[np.ndarray, np.ndarray, FaissVectors]) -> None:
    vectors, ids, index = small
    for seed in range(20):
        query = _query(vectors, seed)
        similarity, found = index.search(query, 50)
        expected, expected_ids = _brute_force(vectors, ids, query, 50)
        assert found.tolist() == expected_ids.tolist()
        np.testing.assert_allclose(similarity, expected, atol=1e-5)


def test_a_large_index_recalls_98_percent_of_the_nearest_100(large: tuple[np.ndarray, np.ndarray, FaissVectors]) -> None:
    vectors, ids, index = large
    recall = []
    for seed in range(100):
        query = _query(vectors, seed)
        _, found = index.search(query, 100)
        recall.append(np.isin(_brute_force(vectors, ids, query, 100)[1], found).mean())
    assert np.mean(recall) >= 0.98


@pytest.mark.parametrize("share", [0.5, 0.05, 0.002])
@pytest.mark.parametrize("size", ["small", "large"])
def test_a_filter_holds_before_the_best_are_taken(size: str, share: float, request: pytest.FixtureRequest) -> None:
    vectors, ids, index = request.getfixturevalue(size)
    allowed = np.random.default_rng(3).random(int(ids.max()) + 1) < share
    inside = allowed[ids]
    recall = []
    for seed in range(20):
        query = _query(vectors, seed)
        _, found = index.search(query, 20, allowed)
        assert allowed[found].all()
        recall.append(np.isin(_brute_force(vectors[inside], ids[inside], query, 20)[1], found).mean())
    assert np.mean(recall) >= (1.0 if size == "small" else 0.98)


def test_missing_results_are_left_out_not_padded(small: tuple[np.ndarray, np.ndarray, FaissVectors]) -> None:
    vectors, ids, index = small
    allowed = np.zeros(int(ids.max()) + 1, np.bool_)
    allowed[ids[:3]] = True
    _, found = index.search(_query(vectors, 0), 10, allowed)
    assert sorted(found.tolist()) == ids[:3].tolist()
    nothing, _ = index.search(_query(vectors, 0), 10, np.zeros_like(allowed))
    assert len(nothing) == 0


@pytest.mark.parametrize("size", ["small", "large"])
def test_similarities_of_given_ids_are_exact(size: str, request: pytest.FixtureRequest) -> None:
    vectors, ids, index = request.getfixturevalue(size)
    query = _query(vectors, 7)
    rows = np.array([5, 0, 2_999, 17])
    np.testing.assert_allclose(index.similarities(query, ids[rows]), vectors[rows].astype(np.float32) @ query, atol=1e-5)


def test_equal_vectors_are_ordered_by_id() -> None:
    vectors = np.repeat(_clustered(1), 4, axis=0)
    index = FaissVectors.from_vectors(vectors, np.array([40, 10, 30, 20], np.int64))
    assert index.search(vectors[0].astype(np.float32), 4)[1].tolist() == [10, 20, 30, 40]


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_written_index_is_read_back_the_same(size: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    vectors, _, index = request.getfixturevalue(size)
    file = index.write(tmp_path / "v.faiss")
    assert file.sha256 == sha256_of(tmp_path / "v.faiss")
    assert file.bytes == (tmp_path / "v.faiss").stat().st_size
    again = FaissVectors.load(tmp_path / "v.faiss")
    query = _query(vectors, 11)
    for one, other in zip(index.search(query, 30), again.search(query, 30), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = FaissVectors.from_vectors(np.empty((0, DIMENSION), np.float16), np.empty(0, np.int64))
    index.write(tmp_path / "v.faiss")
    assert len(FaissVectors.load(tmp_path / "v.faiss")) == 0
    assert len(index.search(_query(_clustered(1), 0), 5)[1]) == 0


def test_a_file_that_is_no_index_is_reported_as_damage(tmp_path: Path) -> None:
    (tmp_path / "v.faiss").write_bytes(b"no index at all")
    with pytest.raises(DamagedSnapshot, match="rebuild"):
        FaissVectors.load(tmp_path / "v.faiss")


@pytest.mark.gpu
def test_the_gpu_answers_as_the_exact_cpu_index(small: tuple[np.ndarray, np.ndarray, FaissVectors]) -> None:
    faiss = pytest.importorskip("faiss")
    if not faiss.get_num_gpus():
        pytest.skip("no GPU, or faiss-cpu is installed")
    vectors, ids, index = small
    for seed in range(20):
        query = _query(vectors, seed)
        assert set(index.search(query, 50)[1]) == set(_brute_force(vectors, ids, query, 50)[1])
