"""Parquet rows with the types that Python gives them; pyarrow wrote the files."""

import io
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.readers.parquet import read_parquet
from indexer.readers.record import Record, Rejected


def written(columns: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def read(data: bytes) -> list[Record | Rejected]:
    return list(read_parquet("d.parquet", cast(BinaryIO, io.BytesIO(data))))


def test_rows_come_back_in_order_with_their_numbers() -> None:
    rows = [{"id": i, "title": f"Title {i}", "topics": ["a", str(i)], "about": {"x": i}} for i in range(2_000)]
    items = read(written({name: [row[name] for row in rows] for name in rows[0]}, row_group_size=700))
    assert [item.fields for item in items if isinstance(item, Record)] == rows
    assert [str(item.place) for item in items[:2]] == ["d.parquet, row 1", "d.parquet, row 2"]
    assert str(items[-1].place) == "d.parquet, row 2000"


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_keep_their_zone(unit: str) -> None:
    moment = datetime(2020, 4, 21, 10, tzinfo=timezone(timedelta(hours=2)))
    [item] = read(written({"date": pa.array([moment], pa.timestamp(unit, "+02:00")), "title": ["a"]}))
    value = cast(Record, item).fields["date"]
    assert value == moment
    assert cast(datetime, value).tzinfo is not None


def test_nanoseconds_are_cut_not_refused() -> None:
    [item] = read(written({"date": pa.array([1_587_463_200_123_456_789], pa.timestamp("ns", "UTC")), "title": ["a"]}))
    assert cast(Record, item).fields["date"] == datetime(2020, 4, 21, 10, 0, 0, 123456, UTC)


def test_dates_without_a_time_are_dates() -> None:
    [item] = read(written({"date": pa.array([date(2020, 4, 21)]), "title": ["a"]}))
    assert cast(Record, item).fields["date"] == date(2020, 4, 21)


def test_a_value_beyond_python_rejects_its_row_only() -> None:
    items = read(written({"date": pa.array([0, 2**60, 0], pa.timestamp("us")), "title": ["a", "b", "c"]}))
    assert [type(item) for item in items] == [Record, Rejected, Record]
    assert str(items[1].place) == "d.parquet, row 2"


def test_a_damaged_file_delivers_what_comes_before_the_damage() -> None:
    data = bytearray(written({"title": [f"Title {i} of a long list" for i in range(5_000)]}, row_group_size=1_000, compression="gzip"))
    middle = len(data) // 2
    data[middle : middle + 200] = b"\xff" * 200
    items = read(bytes(data))
    assert isinstance(items[-1], Rejected)
    good = [item for item in items if isinstance(item, Record)]
    assert len(good) >= 1_000
    assert [item.fields["title"] for item in good] == [f"Title {i} of a long list" for i in range(len(good))]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no parquet at all", written({"title": ["a"]})[:-20]])
def test_what_is_no_parquet_file_is_rejected_in_one_line(data: bytes) -> None:
    [item] = read(data)
    assert isinstance(item, Rejected)
    assert "\n" not in item.reason
