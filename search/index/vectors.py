"""Vectors in FAISS: exact for small segments, inverted lists for large ones, stored as float16.

Similarity is the cosine of unit vectors, higher is better. Ids are database keys. SQL holds the vectors as float16,
so float16 codes lose nothing and halve the memory.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from search.errors import DamagedSnapshot
from search.index.durable import DigestWriter
from search.protocols import Floats, Ids, Vectors

Halves = npt.NDArray[np.float16]  # (n, dimension), rows of length 1, as SQL holds them

EXACT_LIMIT = 20_000  # up to here one thread scans all vectors in a few milliseconds
_RECALL_AT = 100
_RECALL_GOAL = 0.99  # aimed at on noisy copies of the corpus's own vectors, to be above 0.98 on real queries
_PROBE_QUERIES = 200
_MARGIN = 4  # real queries lie elsewhere than passages; measured at 100,000 passages this costs 0.2 ms
_SEED = 20
_BATCH = 65_536


class FaissVectors:
    """One immutable FAISS index; implements VectorIndex. Safe for concurrent searches."""

    def __init__(self, index: "faiss.Index") -> None:
        self._index = index
        self._lists = index.nlist if isinstance(index, faiss.IndexIVF) else 0
        ids = _ids(index)
        self._span = (int(ids.min()), int(ids.max())) if len(ids) else (0, -1)
        self._gpu = _GpuCopy(index) if faiss.get_num_gpus() else None

    @classmethod
    def from_vectors(cls, vectors: Halves, ids: Ids) -> "FaissVectors":
        """Builds an index of (n, dimension) unit vectors; exact up to EXACT_LIMIT, else inverted lists.

        The number of lists is about 4·sqrt(n) (the FAISS guidelines); the number probed is four times the smallest power
        of two whose recall@100 against the exact result reaches 0.99 on noisy copies of 200 of the vectors.
        """
        return cls(_exact(vectors, ids) if len(ids) <= EXACT_LIMIT else _inverted(vectors, ids))

    @classmethod
    def load(cls, path: Path) -> "FaissVectors":
        """Reads an index file that has been verified against its manifest."""
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise DamagedSnapshot(f"{path} cannot be read as a FAISS index ({error}); run `broadsheet rebuild`.") from error
        return cls(index)

    def write(self, path: Path) -> DigestWriter:
        """Writes the index file durably; ``faiss.write_index`` itself can lose its last buffer on a full disk unnoticed."""
        writer = DigestWriter(path)
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(writer.write))
        writer.close()
        return writer

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vector: Floats, k: int, allowed: npt.NDArray[np.bool_] | None = None) -> tuple[Floats, Ids]:
        """At most k (similarities, ids), most similar first, ties by id; ``allowed[id]`` says which ids may be found."""
        k = min(k, len(self))
        if k == 0:
            return np.empty(0, np.float32), np.empty(0, np.int64)
        if allowed is None:
            similarities, ids = (self._gpu or self._index).search(vector[None], k)
        else:
            bitmap = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(bitmap)
            similarities, ids = self._index.search(vector[None], k, params=self._parameters(selector, allowed))
        found = ids[0] >= 0  # FAISS pads what is missing with id -1
        similarities, ids = similarities[0][found], ids[0][found]
        order = np.lexsort((ids, -similarities))
        return similarities[order], ids[order]

    def all_similarities(self, vector: Floats) -> tuple[Floats, Ids]:
        """The exact cosine of the vector with every vector of the index, and their ids, in no particular order."""
        everywhere = faiss.SearchParametersIVF(nprobe=self._lists) if self._lists else None
        _, similarities, ids = self._index.range_search(vector[None], -2.0, params=everywhere)
        return similarities, ids

    def similarities(self, vector: Floats, ids: Ids) -> Floats:
        """The exact cosine of the vector with each of the given ids, which must be in the index."""
        if len(ids) == 0:
            return np.empty(0, np.float32)
        cosines: Floats = self._index.reconstruct_batch(np.ascontiguousarray(ids)) @ vector
        return cosines

    def vectors(self, ids: Ids) -> Vectors:
        """The stored vectors of the given ids, which must be in the index."""
        stored: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(ids))
        return stored

    def _parameters(self, selector: "faiss.IDSelector", allowed: npt.NDArray[np.bool_]) -> "faiss.SearchParameters":
        if not self._lists:
            return faiss.SearchParameters(sel=selector)
        # The rarer the allowed vectors, the more lists must be read to meet as many of them as without a filter.
        first, last = self._span
        share = max(int(np.count_nonzero(allowed[first : last + 1])), 1) / len(self)
        probes = min(self._lists, int(np.ceil(self._index.nprobe / min(share, 1.0))))
        return faiss.SearchParametersIVF(sel=selector, nprobe=probes)


class _GpuCopy:
    """All vectors of an index on the first GPU, searched exactly.

    Filtered searches and reconstruction stay on the CPU original. A GPU index is not safe for concurrent readers,
    hence the lock.
    """

    def __init__(self, index: "faiss.Index") -> None:
        options = faiss.GpuIndexFlatConfig()
        options.useFloat16 = True
        self._resources = faiss.StandardGpuResources()
        self._lock = threading.Lock()
        self._index = faiss.IndexIDMap(faiss.GpuIndexFlatIP(self._resources, index.d, options))
        ids = _ids(index)
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            self._index.add_with_ids(index.reconstruct_batch(batch), batch)

    def search(self, vectors: Vectors, k: int) -> tuple[Vectors, Ids]:
        with self._lock:
            similarities, ids = self._index.search(vectors, k)
        return similarities, ids


def backend() -> str:
    """Which FAISS is installed, for the start-up line: version and CPU or number of GPUs."""
    gpus = faiss.get_num_gpus()
    return f"faiss {faiss.__version__} on {f'{gpus} GPU(s)' if gpus else 'CPU'}"


def _add(index: "faiss.Index", vectors: Halves, ids: Ids) -> None:
    for start in range(0, len(ids), _BATCH):
        index.add_with_ids(vectors[start : start + _BATCH].astype(np.float32), ids[start : start + _BATCH])


def _exact(vectors: Halves, ids: Ids) -> "faiss.Index":
    index = faiss.IndexIDMap2(faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT))
    index.train(np.zeros((1, vectors.shape[1]), np.float32))
    _add(index, vectors, ids)
    return index


def _inverted(vectors: Halves, ids: Ids) -> "faiss.Index":
    count, dimension = vectors.shape
    lists = int(2 ** np.round(np.log2(4 * np.sqrt(count))))
    generator = np.random.default_rng(_SEED)
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(quantizer, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False)
    index.cp.spherical = True
    index.cp.seed = _SEED
    index.cp.min_points_per_centroid = 32  # there are no fewer; FAISS would print a warning below 39
    index.train(vectors[generator.choice(count, min(count, 40 * lists), replace=False)].astype(np.float32))
    index.set_direct_map_type(faiss.DirectMap.Hashtable)
    _add(index, vectors, ids)
    index.nprobe = _probes(index, vectors, generator)
    return index


def _probes(index: "faiss.IndexIVF", vectors: Halves, generator: np.random.Generator) -> int:
    """How many lists to probe: the smallest power of two that reaches the recall goal, with a margin."""
    chosen = vectors[generator.choice(len(vectors), _PROBE_QUERIES, replace=False)].astype(np.float32)
    noise = generator.standard_normal(chosen.shape).astype(np.float32)
    # So much noise that the cosine with the chosen vector is about 0.55, as a short query's is with its best passage.
    queries = chosen + 1.5 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    _, exact = index.search(queries, _RECALL_AT, params=faiss.SearchParametersIVF(nprobe=index.nlist))
    for probes in _powers_of_two(index.nlist):
        _, found = index.search(queries, _RECALL_AT, params=faiss.SearchParametersIVF(nprobe=probes))
        recall = np.mean([np.isin(a, b).mean() for a, b in zip(exact, found, strict=True)])
        if recall >= _RECALL_GOAL:
            return min(_MARGIN * probes, int(index.nlist))
    return int(index.nlist)


def _ids(index: "faiss.Index") -> Ids:
    if isinstance(index, faiss.IndexIVF):
        lists = [faiss.rev_swig_ptr(index.invlists.get_ids(i), index.invlists.list_size(i)).copy() for i in range(index.nlist)]
        return np.concatenate(lists)
    ids: Ids = faiss.vector_to_array(index.id_map)
    return ids


def _powers_of_two(limit: int) -> Iterator[int]:
    power = 1
    while power < limit:
        yield power
        power *= 2
