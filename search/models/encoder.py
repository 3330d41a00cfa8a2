"""The bi-encoder: a text becomes a vector, and the nearer two vectors, the closer their meanings.

sentence-transformers loads the model and defines its tokenising, prompts and pooling; what is our own is which texts
go through it together, in which arithmetic, and a faster forward pass of BERT on a CPU (search/models/bert.py).
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from search.errors import BadInput
from search.models.agreement import PASSAGES, QUERIES, Scores, agree
from search.models.batches import token_batches
from search.models.device import DeviceName, Precision, placement
from search.models.loading import model_folder, quietly
from search.protocols import Vectors
from search.settings import DEFAULT_ENCODER

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

_TOKENS_PER_BATCH = 2048  # on a CPU; more leaves its caches
_TOKENS_PER_CUDA_BATCH = 32_768
_CHARACTERS_PER_TOKEN = 4  # of English news; only orders the texts by length
_MAX_CHARACTERS_PER_TOKEN = 16  # what is longer is cut before the tokenizer, which would read all of it
_LONGEST = 8192  # tokens, of a model that states no limit
_SURROGATES = re.compile("[\ud800-\udfff]")


class SentenceEncoder:
    """A sentence-transformers model as `search.protocols.Encoder`; not for several threads at once."""

    def __init__(self, model: "SentenceTransformer", fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model.eval()
        self._max_tokens = min(model.max_seq_length or _LONGEST, _LONGEST)
        self._budget = _TOKENS_PER_CUDA_BATCH if model.device.type == "cuda" else _TOKENS_PER_BATCH

    @classmethod
    def load(cls, name: str = DEFAULT_ENCODER, device: DeviceName = "auto", precision: Precision = "auto") -> Self:
        """The bundled model, or any sentence-transformers model by path or hub id, ready to encode.

        With precision "auto" a lower precision than fp32 is kept only where a few built-in texts rank the same in
        both. Raises BadInput when there is no such model or it cannot run as asked, and MissingDependency when the
        bundled one is not installed.
        """
        import torch

        folder = model_folder(name, organisation="sentence-transformers")
        place = placement(device, precision)
        if precision == "auto" and place.dtype is not torch.float32:
            exact = cls(_open(name, folder, place.device, torch.float32), "")._probe()
            encoder = cls(_open(name, folder, place.device, place.dtype), _fingerprint(folder))
            if agree(exact, encoder._probe()):
                return encoder
            place = place._replace(dtype=torch.float32)
        return cls(_open(name, folder, *place), _fingerprint(folder))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The queries' vectors: (n, dimension) float32, rows of length 1, with the model's prompt for queries."""
        return self._encode(texts, "query", ("query",))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The passages' vectors: (n, dimension) float32, rows of length 1, with the model's prompt for documents."""
        return self._encode(texts, "document", ("document", "passage", "corpus"))

    def _encode(self, texts: Sequence[str], task: Literal["query", "document"], prompt_names: Sequence[str]) -> Vectors:
        import torch

        model = self._model
        # As SentenceTransformer.encode_query and encode_document choose it.
        prompt = next((model.prompts[name] for name in (*prompt_names, model.default_prompt_name) if name in model.prompts), None)
        longest = self._max_tokens * _MAX_CHARACTERS_PER_TOKEN
        readable = [_SURROGATES.sub("\ufffd", text[:longest]) for text in texts]
        lengths = [min(len(text) // _CHARACTERS_PER_TOKEN + 2, self._max_tokens) for text in readable]
        vectors = np.empty((len(readable), self.dimension), dtype=np.float32)
        with torch.inference_mode():
            for batch in token_batches(lengths, self._budget):
                features = model.preprocess([readable[position] for position in batch], prompt=prompt, task=task)
                on_device = {key: value.to(model.device) if isinstance(value, torch.Tensor) else value for key, value in features.items()}
                embedded = model.forward(on_device, task=task)["sentence_embedding"].float()  # (len(batch), dimension)
                vectors[batch] = torch.nn.functional.normalize(embedded, dim=1).cpu().numpy()
        return vectors

    def _probe(self) -> Scores:
        """Similarities of the built-in queries and passages."""
        similarities: Scores = self.encode_queries(QUERIES) @ self.encode_passages(PASSAGES).T
        return similarities


def _open(name: str, folder: Path, device: "torch.device", dtype: "torch.dtype") -> "SentenceTransformer":
    """The model as asked; on a CPU its BERT, if that is what it is, replaced by the faster one (pooling stays in fp32)."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer

    from search.models.bert import PackedBert

    options = {"use_safetensors": True, "dtype": torch.float32}
    try:
        with quietly():
            model = SentenceTransformer(str(folder), device=str(device), local_files_only=True, model_kwargs=options)
    except Exception as error:  # whatever a foreign model's files provoke
        raise BadInput(f"The model '{name}' could not be loaded as an encoder: {error}") from error
    if device.type == "cpu" and isinstance(model[0], Transformer) and PackedBert.fits(model[0].model):
        model[0].model = PackedBert(model[0].model, dtype)
        return model
    return model.to(dtype)


def _fingerprint(folder: Path) -> str:
    """What tells the model's vectors from another's: a hash over everything in its folder that changes them.

    That is the weights, the vocabulary, the modules with their settings (pooling, normalising, length) and the
    prompts; not the name or place of the folder, nor the arithmetic.
    """
    digest = hashlib.sha256()
    vocabulary = "tokenizer.json" if (folder / "tokenizer.json").is_file() else "vocab.txt"
    settings = ["modules.json", "sentence_bert_config.json", vocabulary]
    for path in sorted({*folder.rglob("*.safetensors"), *folder.rglob("config.json"), *(folder / name for name in settings)}):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    general = folder / "config_sentence_transformers.json"
    if general.is_file():
        known = json.loads(general.read_text(encoding="utf-8"))
        digest.update(json.dumps([known.get(key) for key in ("prompts", "default_prompt_name", "truncate_dim")]).encode())
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", "model")
    return f"{kind}:{digest.hexdigest()[:32]}"
