"""The arrows between the packages: web -> search <- indexer, and the layers inside search."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

VALUES = (
    "annotation",
    "article",
    "query",
    "response",
    "overview",
    "errors",
    "feedback",
    "settings",
    "dates",
    "protocols",
    "text",
    "suggestion",
)
LAYERS = ("models", "index", "store")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _offenders(folder: str, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py") if (ROOT / folder).is_dir() else [ROOT / folder])
        for name in _imports(path)
        if any(name == module or name.startswith(f"{module}.") for module in forbidden)
    ]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("search", ("indexer", "web", "fastapi", "starlette", "uvicorn")),
        ("indexer", ("web", "fastapi", "starlette", "uvicorn")),
        ("web", ("indexer", "torch", "faiss", "tantivy", "sqlalchemy")),
    ],
)
def test_packages_depend_on_search_and_search_on_none(folder: str, forbidden: tuple[str, ...]) -> None:
    assert _offenders(folder, forbidden) == []


@pytest.mark.parametrize("value", VALUES)
def test_values_depend_on_values_alone(value: str) -> None:
    upper = (
        "search.models",
        "search.index",
        "search.store",
        "search.engine",
        "search.assemble",
        "search.cli",
        "torch",
        "sqlalchemy",
        "faiss",
    )
    assert _offenders(f"search/{value}.py", upper) == []


def test_the_query_language_depends_on_values_alone() -> None:
    upper = (*(f"search.{layer}" for layer in LAYERS), "search.engine", "search.assemble", "search.cli", "tantivy", "sqlalchemy")
    assert _offenders("search/language", upper) == []


@pytest.mark.parametrize("layer", LAYERS)
def test_models_index_and_store_do_not_know_each_other(layer: str) -> None:
    others = tuple(f"search.{other}" for other in LAYERS if other != layer)
    assert _offenders(f"search/{layer}", (*others, "search.engine", "search.assemble", "search.cli")) == []


def test_concrete_models_are_named_in_one_file() -> None:
    concrete = ("search.models.encoder", "search.models.reranker")
    named = [
        offence for folder in ("search", "indexer", "web") for offence in _offenders(folder, concrete) if "search/models/" not in offence
    ]
    # Training makes models, so it has to know which.
    assert {offence.split(" ")[0] for offence in named if "indexer/training/" not in offence} == {"search/assemble.py"}
