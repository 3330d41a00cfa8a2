"""CSV and TSV: what the csv module wrote comes back, and what is broken costs its own line only."""

import csv
import io
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.readers.delimited import find_delimiter, read_delimited
from indexer.readers.record import Record, Rejected


def read(text: str | bytes, delimiter: str | None = None) -> list[Record | Rejected]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_delimited("d.csv", cast(BinaryIO, io.BytesIO(data)), delimiter))


def ids(items: list[Record | Rejected]) -> list[object]:
    return [item.fields["id"] for item in items if isinstance(item, Record)]


def rejections(items: list[Record | Rejected]) -> list[tuple[str, str]]:
    return [(str(item.place), item.reason) for item in items if isinstance(item, Rejected)]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)


@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_rows_come_back_as_the_csv_module_wrote_them(rows: list[tuple[str, str, str]], delimiter: str, quoting: int, newline: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=newline)  # type: ignore[arg-type]
    writer.writerows([("id", "title", "text"), *rows])
    items = read(file.getvalue())
    assert [tuple(item.fields.values()) for item in items if isinstance(item, Record)] == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_from_the_header(delimiter: str) -> None:
    assert find_delimiter(delimiter.join(["id", "title", '"a, b; c | d"', "text"])) == delimiter


def test_prose_in_a_single_column_is_not_split() -> None:
    items = read('text\nFirst, second; third | fourth\n"Quoted, too"\n')
    assert [item.fields for item in items if isinstance(item, Record)] == [
        {"text": "First, second; third | fourth"},
        {"text": "Quoted, too"},
    ]


@pytest.mark.parametrize("others", ["{i},Title {i},Text {i}", '"{i}","Title {i}","Text {i}"', '{i},Title {i},"Text, {i}"'])
@pytest.mark.parametrize("broken", ['7,"Title 7,Text 7', '"7","Title 7","Text 7', '7,Title 7,"Text 7'])
def test_an_unclosed_quote_costs_its_own_line_and_not_the_rows_after_it(others: str, broken: str) -> None:
    lines = ["id,title,text", *(others.format(i=i) for i in range(2_000))]
    lines[8] = broken
    items = read("\n".join(lines) + "\n")
    assert ids(items) == [str(i) for i in range(2_000) if i != 7]
    [(place, reason)] = rejections(items)
    assert place == "d.csv:9"
    assert "quote" in reason


def test_an_unclosed_quote_in_the_last_line_is_rejected() -> None:
    items = read('id,text\n1,a\n2,"b\n')
    assert ids(items) == ["1"]
    assert rejections(items)[0][0] == "d.csv:3"


def test_an_unclosed_quote_after_a_field_of_several_lines_is_reported_where_it_opens() -> None:
    items = read('id,text,title\n1,"first\nsecond\nthird","broken\n2,b,c\n3,"d",e\n')
    assert ids(items) == ["2", "3"]
    assert [place for place, _ in rejections(items)] == ["d.csv:4"]


def test_a_quote_that_closes_by_chance_in_a_later_row_does_not_swallow_the_rows_between() -> None:
    rows = [f"{i},Title {i},Text {i},2020" for i in range(30)]
    rows[3] = '3,"Title 3,Text 3,2020'
    rows[12] = '12,A screen of 12",Text 12,2020'
    items = read("\n".join(["id,title,text,date", *rows]))
    assert ids(items) == [str(i) for i in range(30) if i != 3]


def test_every_line_with_an_unclosed_quote_is_rejected_by_itself() -> None:
    items = read("id,title,text\n" + "".join(f'{i},"Title {i},Text {i}\n{i},plain,row\n' for i in range(3_000)))
    assert len(rejections(items)) == 3_000
    assert len(ids(items)) == 3_000


def test_a_body_of_many_paragraphs_is_one_row() -> None:
    body = "\n".join(f'Paragraph {i}{", with" * (i % 4)} a comma; and "quotes".' for i in range(5_000))
    file = io.StringIO()
    csv.writer(file).writerows([("id", "text"), ("1", body), ("2", "b")])
    items = read(file.getvalue())
    assert [item.fields["text"] for item in items if isinstance(item, Record)] == [body, "b"]


def test_a_list_in_a_body_is_not_taken_for_rows() -> None:
    body = "Results:\n" + "\n".join(f"Runner {i}, 10.{i} s" for i in range(12))
    items = read(f'id,text\n1,"{body}"\n2,b\n')
    assert [item.fields["text"] for item in items if isinstance(item, Record)] == [body, "b"]


def test_fields_longer_than_the_csv_modules_own_limit_are_read() -> None:
    items = read('id,text\n1,"' + "long, " * 100_000 + '"\n')
    assert ids(items) == ["1"]


def test_rows_of_another_length_are_rejected_with_line_and_numbers() -> None:
    items = read('id,title,text\n1,a,b\n2,a\n3,a,b,c\n4,"a\nx",b,c\n5,a,b\n')
    assert ids(items) == ["1", "5"]
    assert rejections(items) == [
        ("d.csv:3", "the row has 2 fields where the header has 3"),
        ("d.csv:4", "the row has 4 fields where the header has 3"),
        ("d.csv:5", "the row (up to line 6) has 4 fields where the header has 3"),
    ]


def test_text_behind_a_closing_quote_is_rejected_with_its_line() -> None:
    items = read('id,text\n1,"a" b\n2,c\n')
    assert ids(items) == ["2"]
    assert rejections(items) == [("d.csv:2", "text follows a closing quote; write a quote inside a quoted field twice")]


def test_tabs_without_quoting_keep_their_quotes() -> None:
    items = read('text\tid\n"Wow" she said\t1\n"never closed\t2\nplain "quoted" word\t3\n"all of it"\t4\n', "\t")
    assert ids(items) == ["1", "2", "3", "4"]
    assert [item.fields["text"] for item in items if isinstance(item, Record)] == [
        '"Wow" she said',
        '"never closed',
        'plain "quoted" word',
        "all of it",
    ]


def test_bytes_that_are_not_utf8_reject_their_row_only() -> None:
    items = read("id,text\n1,caf\xe9\n2,b\n".encode("latin-1"))
    assert ids(items) == ["2"]
    assert rejections(items) == [("d.csv:2", "byte 6 of the line (0xE9) is not UTF-8; convert the file with iconv")]


def test_nul_bytes_blank_lines_and_a_byte_order_mark_do_not_disturb() -> None:
    items = read(b'\xef\xbb\xbfid,text\n\n1,a\x00b\n   \n2,"c\x00"\n')
    assert ids(items) == ["1", "2"]


def test_columns_without_a_name_and_with_the_same_name_are_kept_apart() -> None:
    [item] = read(",text,note,note\n0,a,b,c\n")
    assert isinstance(item, Record)
    assert item.fields == {"column 1": "0", "text": "a", "note": "b", "note 4": "c"}


def test_a_file_without_a_header_is_rejected_once() -> None:
    items = read("1,Oil prices fall\n2,Markets rise\n")
    [(place, reason)] = rejections(items)
    assert place == "d.csv:1"
    assert "Oil prices fall" in reason
    assert len(items) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "id,text\n"])
def test_a_file_without_rows_gives_nothing(text: str) -> None:
    assert read(text) == []
