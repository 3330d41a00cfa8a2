"""Parquet files, read in small batches of rows."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.readers.record import Place, Record, Rejected

_BATCH_ROWS = 128
_BUFFER_BYTES = 2**20  # columns are streamed through a buffer; otherwise a whole row group would be in memory


def read_parquet(file: str, stream: BinaryIO) -> Iterator[Record | Rejected]:
    """One record per row; the stream must be seekable. Timestamps keep their zone; nanoseconds are cut to microseconds."""
    first = 1
    try:
        parquet = pq.ParquetFile(stream, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
            yield from _records(file, first, _microseconds(batch))
            first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        yield Rejected(Place(file, first, "row"), f"the Parquet file is damaged from here on ({_first_line(error)})")


def _records(file: str, first: int, batch: Any) -> Iterator[Record | Rejected]:
    try:
        rows = batch.to_pylist()
    except (ValueError, OverflowError):  # a value that Python has no type for: find its row
        for i in range(batch.num_rows):
            place = Place(file, first + i, "row")
            try:
                yield Record(place, batch.slice(i, 1).to_pylist()[0])
            except (ValueError, OverflowError) as error:
                yield Rejected(place, f"a value is out of range ({_first_line(error)})")
        return
    for number, row in enumerate(rows, first):
        yield Record(Place(file, number, "row"), row)


def _microseconds(batch: Any) -> Any:
    """The batch with its nanosecond timestamps in microseconds, the finest that a datetime holds."""
    columns = [
        column.cast(pa.timestamp("us", field.type.tz), safe=False)
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns"
        else column
        for field, column in zip(batch.schema, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
