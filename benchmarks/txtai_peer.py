"""Searches documents with txtai as its documentation does: hybrid, everything else as it comes. Runs in an environment of its own.

    PYTHON benchmarks/txtai_peer.py MODEL DOCUMENTS QUERIES RUN --limit N

DOCUMENTS and QUERIES are JSON lines of "id" and "text". RUN gets a line for each hit: "query", "document" and "score". Prints version
and seconds as JSON. Imports nothing of Broadsheet.
"""

import argparse
import json
import time
from importlib.metadata import version
from pathlib import Path


def main() -> None:
    """Indexes, searches, writes the run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "documents", "queries", "run"):
        parser.add_argument(name)
    parser.add_argument("--limit", type=int, default=100)
    arguments = parser.parse_args()
    import txtai

    documents, queries = _lines(arguments.documents), _lines(arguments.queries)
    embeddings = txtai.Embeddings(path=arguments.model, hybrid=True)
    begun = time.perf_counter()
    embeddings.index((document["id"], document["text"], None) for document in documents)
    indexed = time.perf_counter()
    found = embeddings.batchsearch([query["text"] for query in queries], arguments.limit)
    searched = time.perf_counter()
    with Path(arguments.run).open("w", encoding="utf-8") as file:
        for query, hits in zip(queries, found, strict=True):
            file.writelines(json.dumps({"query": query["id"], "document": key, "score": score}) + "\n" for key, score in hits)
    print(json.dumps({"version": version("txtai"), "index_seconds": indexed - begun, "search_seconds": searched - indexed}))


def _lines(path: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").split("\n") if line]


if __name__ == "__main__":
    main()
