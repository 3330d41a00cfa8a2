"""Dumps as a user has them: files, folders, archives and pipes; damaged, mixed, misnamed and large."""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from indexer.dump import Dump, Format, Record, Rejected
from search.errors import BadInput

ROWS = [{"id": str(i), "title": f"Title {i}", "text": f"Text, with a comma\nand a line break: {i}"} for i in range(300)]


def jsonl() -> bytes:
    return "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def json_array() -> bytes:
    return json.dumps({"articles": ROWS}, indent=1).encode()


def delimited(delimiter: str) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, ["id", "title", "text"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return file.getvalue().encode()


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), file)
    return file.getvalue()


CONTENTS = {"jsonl": jsonl(), "json": json_array(), "csv": delimited(","), "tsv": delimited("\t"), "parquet": parquet()}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
    ".bz2": lambda data: bz2.compress(data, 1),
    ".xz": lambda data: lzma.compress(data, preset=0),
}


def write(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def zipped(path: Path, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


def fields(items: Iterator[Record | Rejected] | list[Record | Rejected]) -> list[dict[str, object]]:
    return [item.fields for item in items if isinstance(item, Record)]


def rejections(items: list[Record | Rejected]) -> list[Rejected]:
    return [item for item in items if isinstance(item, Rejected)]


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("suffix", CONTENTS)
def test_every_format_is_read_in_every_compression_by_its_name(tmp_path: Path, suffix: str, packed: str) -> None:
    path = write(tmp_path / f"news.{suffix}{packed}", PACKERS[packed](CONTENTS[suffix]))
    dump = Dump.open([path])
    assert fields(list(dump)) == ROWS
    assert dump.read_bytes == dump.total_bytes == os.path.getsize(path)  # noqa: PTH202 - an oracle of its own


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("suffix", CONTENTS)
def test_every_format_is_recognised_by_its_content_in_a_file_and_in_a_pipe(tmp_path: Path, suffix: str, packed: str) -> None:
    data = PACKERS[packed](CONTENTS[suffix])
    assert fields(list(Dump.open([write(tmp_path / "news", data)]))) == ROWS
    dump = Dump.open(["-"], stdin=io.BytesIO(data))
    items = list(dump)
    assert fields(items) == ROWS
    assert str(items[0].place).startswith("<stdin>")
    assert dump.total_bytes is None
    assert dump.read_bytes >= len(data)


@pytest.mark.parametrize("suffix", CONTENTS)
def test_a_format_that_is_named_is_not_guessed(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / "news.dat", CONTENTS[suffix])
    assert fields(list(Dump.open([path], Format(suffix)))) == ROWS


def test_json_lines_under_the_name_json_and_the_other_way_round(tmp_path: Path) -> None:
    assert fields(list(Dump.open([write(tmp_path / "a.json", jsonl())]))) == ROWS
    assert fields(list(Dump.open([write(tmp_path / "b.jsonl", json.dumps(ROWS).encode())]))) == ROWS


def test_a_wrapper_on_one_line_is_no_json_line(tmp_path: Path) -> None:
    assert fields(list(Dump.open([write(tmp_path / "a.json", json.dumps({"articles": ROWS}).encode())]))) == ROWS


def test_a_zip_gives_its_members_with_their_names(tmp_path: Path) -> None:
    members = {f"in/news.{suffix}": data for suffix, data in CONTENTS.items()}
    members |= {"more.jsonl.gz": gzip.compress(jsonl()), "README.txt": b"no dump", "__MACOSX/in/._news.csv": b"x", ".hidden.csv": b"x"}
    path = zipped(tmp_path / "all.zip", members)
    items = list(Dump.open([path]))
    assert fields(items) == ROWS * 6
    assert [str(items[i * 300].place) for i in range(3)] == [
        f"{path}!in/news.jsonl:1",
        f"{path}!in/news.json, row 1",
        f"{path}!in/news.csv:2",
    ]
    assert fields(list(Dump.open(["-"], stdin=io.BytesIO(Path(path).read_bytes())))) == ROWS * 6


def test_a_zip_without_a_dump_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": b"x", "b.txt": b"y"})
    assert [str(item.place) for item in Dump.open([path])] == [path]


def test_a_damaged_member_does_not_stop_the_archive(tmp_path: Path) -> None:
    path = Path(zipped(tmp_path / "a.zip", {"a.jsonl": jsonl(), "b.jsonl": jsonl()}))
    data = bytearray(path.read_bytes())
    data[500:520] = b"\xff" * 20
    path.write_bytes(data)
    items = list(Dump.open([str(path)]))
    assert [str(item.place).split("!")[1][:7] for item in rejections(items)] == ["a.jsonl"]
    assert fields(items)[-300:] == ROWS


def test_a_directory_gives_all_dumps_below_it_in_sorted_order(tmp_path: Path) -> None:
    one = json.dumps(ROWS[0]).encode()
    for name in ("b/2.jsonl", "a.json", "b/1.jsonl.gz", "c/deep/x.jsonl", "README.md", ".hidden.jsonl", ".git/x.jsonl", "b/notes.txt"):
        write(tmp_path / name, gzip.compress(one) if name.endswith(".gz") else one)
    places = [str(item.place) for item in Dump.open([str(tmp_path)])]
    assert [place.removeprefix(f"{tmp_path}/") for place in places] == ["a.json:1", "b/1.jsonl.gz:1", "b/2.jsonl:1", "c/deep/x.jsonl:1"]


def test_a_directory_read_as_one_format_gives_the_files_of_that_format(tmp_path: Path) -> None:
    for suffix, data in CONTENTS.items():
        write(tmp_path / f"news.{suffix}", data)
    items = list(Dump.open([str(tmp_path)], Format.PARQUET))
    assert fields(items) == ROWS
    assert not rejections(items)


def test_a_beir_directory_stands_for_its_corpus(tmp_path: Path) -> None:
    write(tmp_path / "corpus.jsonl", jsonl())
    write(tmp_path / "queries.jsonl", b'{"_id": "q1", "text": "a query is no article"}')
    write(tmp_path / "qrels" / "test.tsv", b"query-id\tcorpus-id\tscore\nq1\t1\t1\n")
    items = list(Dump.open([str(tmp_path)]))
    assert fields(items) == ROWS
    assert not rejections(items)


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", jsonl())
    assert fields(list(Dump.open([path, str(tmp_path), path]))) == ROWS


@pytest.mark.parametrize("packed", [".gz", ".zst", ".bz2", ".xz"])
def test_a_file_that_breaks_off_delivers_what_is_there_and_the_next_one_goes_on(tmp_path: Path, packed: str) -> None:
    rows = [{"id": str(i), "text": os.urandom(40).hex()} for i in range(20_000)]
    data = PACKERS[packed]("".join(json.dumps(row) + "\n" for row in rows).encode())
    first = write(tmp_path / f"1.jsonl{packed}", data[: len(data) * 3 // 4])
    second = write(tmp_path / "2.jsonl", jsonl())
    dump = Dump.open([first, second])
    items = list(dump)
    [rejected] = rejections(items)
    count = fields(items).index(ROWS[0])
    assert fields(items) == rows[:count] + ROWS
    assert count > 5_000
    assert str(rejected.place) == f"{first}:{count + 1}"
    assert rejected.reason.startswith("the file breaks off here: ")
    assert dump.read_bytes == dump.total_bytes


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "parquet"])  # in TSV a quote without an end is a character
def test_a_file_cut_short_is_never_silent(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"news.{suffix}", CONTENTS[suffix][:-30])
    items = list(Dump.open([path]))
    assert len(rejections(items)) >= 1
    assert all(row in ROWS for row in fields(items))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a", "-"])
def test_an_empty_file_gives_nothing(tmp_path: Path, name: str) -> None:
    path = name if name == "-" else write(tmp_path / name, b"")
    assert list(Dump.open([path], stdin=io.BytesIO())) == []


def test_read_bytes_grows_while_the_dump_is_read(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"text": os.urandom(500).hex()}) + "\n" for _ in range(8_000)).encode()
    dump = Dump.open([write(tmp_path / f"{i}.jsonl", rows) for i in range(2)])
    seen = [dump.read_bytes for _ in dump]
    assert seen == sorted(seen)
    assert len(set(seen)) > 10
    assert seen[-1] == dump.total_bytes == 2 * len(rows)


def test_a_named_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(jsonl()),))
    dump = Dump.open([str(path)])
    writer.start()
    assert fields(list(dump)) == ROWS
    writer.join()
    assert dump.total_bytes is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: str(folder / "missing.jsonl"), 'missing.jsonl" does not exist; check the path'),
        (str, "holds no dump; its files must end in"),
        (lambda folder: write(folder / "page.html", b"<html>"), "neither its name nor its content tells the format"),
        (lambda folder: write(folder / "x.bin", os.urandom(1) * 100), "name it with --format"),
    ],
)
def test_what_is_no_dump_is_refused_before_anything_is_read(tmp_path: Path, make: Callable[[Path], str], message: str) -> None:
    (tmp_path / "folder").mkdir()
    bad = make(tmp_path / "folder")
    good = write(tmp_path / "good.jsonl", jsonl())
    with pytest.raises(BadInput) as caught:
        Dump.open([good, bad])
    assert message in str(caught.value)
    assert caught.value.field == "paths"


def test_an_unknown_format_and_no_path_at_all_are_refused() -> None:
    with pytest.raises(BadInput, match=r'^"xml" is not a format of a dump; it is one of auto, jsonl, json, csv, tsv, parquet$'):
        Dump.open(["-"], "xml")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="no dump was given"):
        Dump.open([])


def test_a_pipe_of_an_unknown_format_is_rejected() -> None:
    [item] = Dump.open(["-"], stdin=io.BytesIO(b"%PDF-1.7\n..."))
    assert isinstance(item, Rejected)
    assert "--format" in item.reason


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "parquet", "jsonl.gz"])
def test_memory_does_not_grow_with_the_dump(tmp_path: Path, suffix: str) -> None:
    text = "A sentence of an article that is neither short nor long. " * 450
    path = tmp_path / f"news.{suffix}"
    count = 2_000  # about 50 MB
    if suffix == "parquet":
        schema = pa.schema([("id", pa.string()), ("text", pa.string())])
        with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
            for start in range(0, count, 500):
                writer.write_table(pa.Table.from_pylist([{"id": str(i), "text": f"{i} {text}"} for i in range(start, start + 500)], schema))
    else:
        with gzip.open(path, "wt", compresslevel=1) if suffix == "jsonl.gz" else path.open("w") as file:
            if suffix == "csv":
                csv.writer(file).writerows([("id", "text"), *((i, f"{i}\n{text}") for i in range(count))])
            else:
                before, between, after = ("[", ",\n", "]") if suffix == "json" else ("", "\n", "\n")
                file.write(before)
                file.writelines(f'{between if i else ""}{{"id": "{i}", "text": "{i} {text}"}}' for i in range(count))
                file.write(after)
    dump = Dump.open([str(path)])
    tracemalloc.start()
    try:
        seen = sum(isinstance(item, Record) for item in dump)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen == count
    assert peak < 16 * 2**20
