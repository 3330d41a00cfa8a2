import csv
import json
from datetime import UTC, datetime
from io import StringIO

from search.export import Format, export
from search.export.records import COLUMNS
from tests.search.export.results import ARTICLES, PAGE, SITE, results


def test_csv_has_every_column_and_is_read_back() -> None:
    table = list(csv.DictReader(StringIO("".join(export(results(), Format.CSV)), newline="")))
    assert list(table[0]) == list(COLUMNS)
    assert table[0] == {
        "rank": "1",
        "id": "17",
        "key": "gazette-1",
        "title": ARTICLES[0].title,
        "url": ARTICLES[0].url,
        "source": "The Gazette & Sons",
        "author": "Inés Okafor",
        "published_at": "2020-04-21T10:30:00Z",
        "precision": "minute",
        "language": "en",
        "topics": "Business; R&D",
        "similarity": "0.5",
        "bm25": "12.25",
        "fused": "0.25",
        "relevance": "0.875",
        "snippet": "Body.",
        "link": f"{SITE}/articles/17",
    }
    assert (table[1]["published_at"], table[1]["relevance"], table[1]["source"]) == ("", "", "")


def test_no_cell_is_a_formula() -> None:
    for row in csv.reader(StringIO("".join(export(results(), Format.CSV)), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_the_byte_order_mark_is_there_on_request_only() -> None:
    assert "".join(export(results(), Format.CSV, byte_order_mark=True)) == "\ufeff" + "".join(export(results(), Format.CSV))


def test_json_is_one_document_with_the_same_records_as_the_lines() -> None:
    document = json.loads("".join(export(results(), Format.JSON)))
    assert {name: document[name] for name in ("query", "total", "snapshot", "link")} == {
        "query": "oil & gas\x00",
        "total": 3,
        "snapshot": "0000000001-x",
        "link": PAGE,
    }
    lines = [json.loads(line) for line in "".join(export(results(), Format.JSONL)).split("\n")[:-1]]
    assert document["hits"] == lines
    assert [list(line) for line in lines] == [list(COLUMNS)] * 3
    assert lines[0]["topics"] == ["Business", "R&D"]
    assert datetime.fromisoformat(lines[0]["published_at"]) == datetime(2020, 4, 21, 10, 30, tzinfo=UTC)
    assert (lines[1]["title"], lines[1]["author"]) == ("", None)


def test_nothing_found_is_an_empty_document_of_each_kind() -> None:
    assert json.loads("".join(export(results(()), Format.JSON)))["hits"] == []
    assert "".join(export(results(()), Format.JSONL)) == ""
    assert "".join(export(results(()), Format.CSV)) == ",".join(COLUMNS) + "\r\n"
