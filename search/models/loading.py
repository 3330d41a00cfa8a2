"""What every model needs around it: the folder that a name stands for, a fingerprint, text that a tokenizer can read."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search.errors import BadInput, BroadsheetError
from search.models.bundled import BUNDLED_ENCODERS, bundled_encoder_folder, tuned_encoder_folder
from search.settings import BASE_ENCODER, TUNED_ENCODER

_MAX_CHARACTERS_PER_TOKEN = 16  # four times what news in English has
_SURROGATES = re.compile("[\ud800-\udfff]")
_SENTENCE_MODELS = "sentence-transformers"  # the owner of most bi-encoders on the hub
_VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
_FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]  # what is fetched from a hub: never pickles, never code


def model_folder(name: str, *, organisation: str) -> Path:
    """The folder of a bundled encoder, of a local model, or of a hub model, which is downloaded where it is missing.

    ``organisation`` owns the hub models whose names are given without an owner. Raises BadInput when there is no such
    model, when its weights are not safetensors, and when it has no tokenizer, for which transformers would make up an empty one.
    """
    if name == BASE_ENCODER:
        return bundled_encoder_folder()
    if name == TUNED_ENCODER:
        return tuned_encoder_folder()
    folder = Path(name)
    if not name or not folder.is_dir():
        folder = _from_hub(name, organisation)
    pickled = [path for path in folder.rglob("*.bin") if not any(path.parent.glob("*.safetensors"))]
    if pickled or not any(folder.rglob("*.safetensors")):
        raise BadInput(f"The model '{name}' has no safetensors weights and pickles are never loaded: save it again as safetensors.")
    tuned = (folder / "delta.safetensors").is_file()  # it has the tokenizer of its base
    if not tuned and not any(found for pattern in _VOCABULARIES for found in folder.rglob(pattern)):
        raise BadInput(f"The model '{name}' has no tokenizer (tokenizer.json or vocab.txt): save it beside the weights, in {folder}.")
    return folder


def encoder_folder(name: str) -> Path:
    """The folder of a bi-encoder, as ``model_folder`` finds it."""
    return model_folder(name, organisation=_SENTENCE_MODELS)


def lasting_name(name: str) -> str:
    """The name by which an encoder is found again from anywhere: a folder's whole path, any other name as it is."""
    return name if name in BUNDLED_ENCODERS or not Path(name).is_dir() else str(Path(name).resolve())


def find_encoder(wanted: str, names: Iterable[str]) -> str | None:
    """The first of the names, then of the bundled ones, whose model has the wanted fingerprint; None when none has."""
    for name in dict.fromkeys([*names, *BUNDLED_ENCODERS]):
        try:
            if fingerprint(encoder_folder(name)) == wanted:
                return name
        except (BroadsheetError, OSError, ValueError):  # gone, or no longer a model
            continue
    return None


def fingerprint(folder: Path) -> str:
    """What tells a model's answers from another's: a hash over everything in its folder that changes them.

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


def readable(text: str, tokens: int) -> str:
    """The text without lone surrogates, at which tokenizers fail, and cut where ``tokens`` tokens have surely ended.

    Tokenizers read a whole text before they truncate it; ten million characters would take them seconds.
    """
    return _SURROGATES.sub("\ufffd", text[: tokens * _MAX_CHARACTERS_PER_TOKEN])


@contextmanager
def quietly() -> Iterator[None]:
    """Loads a model without transformers' progress bars and reports, which would mix with our own output."""
    from transformers.utils import logging as library_logging

    logging: Any = library_logging  # untyped

    verbosity = logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _from_hub(name: str, organisation: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name if "/" in name else f"{organisation}/{name}", allow_patterns=_FILES))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"There is no model '{name}': it is not a folder, and it is neither in the local cache of the Hugging Face hub nor could it be "
            "downloaded; give the path of a folder with the model, or download it once while online."
        ) from error
