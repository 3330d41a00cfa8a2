"""From a model's name to its folder, and what identifies it."""

import json
import shutil
from pathlib import Path

import pytest

from search.errors import BadInput
from search.models.bundled import bundled_encoder_folder
from search.models.loading import find_encoder, fingerprint, lasting_name, model_folder, readable
from search.settings import BASE_ENCODER


def test_the_base_encoder_comes_with_a_package() -> None:
    folder = model_folder(BASE_ENCODER, organisation="sentence-transformers")
    assert folder == bundled_encoder_folder()
    assert (folder / "model.safetensors").is_file()


def test_a_folder_is_taken_as_it_is(bi_encoder: Path) -> None:
    assert model_folder(str(bi_encoder), organisation="any") == bi_encoder


@pytest.mark.parametrize("name", ["no-such-model", "nobody/no-such-model", "./no/such/folder", ""])
def test_a_name_that_stands_for_nothing_is_refused_by_name(name: str) -> None:
    with pytest.raises(BadInput, match=f"There is no model '{name}'"):
        model_folder(name, organisation="sentence-transformers")


def test_pickled_weights_are_refused(bi_encoder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bi_encoder, tmp_path / "model"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BadInput, match="no safetensors weights"):
        model_folder(str(folder), organisation="any")


def test_a_model_without_a_tokenizer_is_refused(bi_encoder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bi_encoder, tmp_path / "model"))
    for file in ("tokenizer.json", "vocab.txt"):
        (folder / file).unlink(missing_ok=True)
    with pytest.raises(BadInput, match="no tokenizer"):
        model_folder(str(folder), organisation="any")


def test_a_fingerprint_does_not_depend_on_the_folder(bi_encoder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bi_encoder, tmp_path / "other name"))
    (copy / "README.md").write_text("another text")
    assert fingerprint(copy) == fingerprint(bi_encoder)


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("1_Pooling/config.json", "pooling_mode", "mean"),
        ("config_sentence_transformers.json", "prompts", {"query": "another: "}),
        ("config.json", "num_attention_heads", 2),
    ],
)
def test_a_fingerprint_depends_on_what_changes_vectors(bi_encoder: Path, tmp_path: Path, file: str, key: str, value: object) -> None:
    copy = Path(shutil.copytree(bi_encoder, tmp_path / "copy"))
    settings = json.loads((copy / file).read_text())
    (copy / file).write_text(json.dumps({**settings, key: value}))
    assert fingerprint(copy) != fingerprint(bi_encoder)


def test_a_fingerprint_depends_on_the_weights(bi_encoder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bi_encoder, tmp_path / "copy"))
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert fingerprint(copy) != fingerprint(bi_encoder)


def test_text_is_cut_and_freed_of_half_characters() -> None:
    assert readable("a\ud800b", tokens=10) == "a\ufffdb"
    assert len(readable("x" * 1_000_000, tokens=10)) <= 1_000


def test_an_encoder_is_found_again_by_its_fingerprint(bi_encoder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(bi_encoder, tmp_path / "moved"))
    wanted = fingerprint(bi_encoder)
    assert find_encoder(wanted, ["no-such-model", str(tmp_path), str(moved)]) == str(moved)
    assert find_encoder(fingerprint(bundled_encoder_folder()), [str(moved)]) == BASE_ENCODER
    assert find_encoder("bert:0", [str(moved)]) is None


def test_a_folder_keeps_its_whole_path_as_its_name(bi_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bi_encoder.parent)
    assert lasting_name(bi_encoder.name) == str(bi_encoder.resolve())
    assert lasting_name(BASE_ENCODER) == BASE_ENCODER
    assert lasting_name("owner/model") == "owner/model"


def test_the_base_keeps_the_fingerprint_that_archives_know_it_by() -> None:
    assert fingerprint(bundled_encoder_folder()) == "bert:b2a3db3cce00f719a25f9b7f98570888"
