import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.gzip import (
    CACHED,
    HEADER,
    STORED_MAX,
    Deflater,
    GzipSink,
    accepts_gzip,
    crc32_shift,
    stored,
)
from realtime.tally import Tally
from realtime.testing import MemorySink

LONG = b"data: [1.25,2.5]\n\n" * 100


def read(sink: MemorySink) -> bytes:
    """What a strict reader finds: `gzip` checks the sum and the size."""
    return gzip.decompress(b"".join(sink.chunks))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_sums_are_put_together_as_zlib_does(one: bytes, two: bytes) -> None:
    together = crc32_shift(zlib.crc32(one), len(two)) ^ zlib.crc32(two)
    assert together == zlib.crc32(one + two)


@given(st.integers(min_value=0, max_value=2**20))
def test_sums_of_long_streams_too(size: int) -> None:
    zeros = bytes(size)
    assert crc32_shift(zlib.crc32(b"x"), size) ^ zlib.crc32(zeros) == zlib.crc32(b"x" + zeros)


@pytest.mark.parametrize(
    "header",
    [
        "gzip",
        "gzip, deflate, br",
        "br;q=1.0, GZIP;q=0.8, *;q=0.1",
        "*",
        "x-gzip",
        "gzip;q=1,identity",
    ],
)
def test_who_accepts_gzip(header: str) -> None:
    assert accepts_gzip(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "identity",
        "br",
        "gzip;q=0",
        "gzip;q=0, *",
        "*;q=0",
        "gzip;q=0.5, identity",
        "gzip;x=1",
    ],
)
def test_who_does_not(header: str | None) -> None:
    assert not accepts_gzip(header)


def test_the_same_chunk_is_compressed_once() -> None:
    deflater = Deflater()
    assert deflater.piece(LONG) is deflater.piece(LONG)
    assert deflater.compressed == 1
    assert deflater.bytes_out < deflater.bytes_in / 5


def test_only_so_many_pieces_are_remembered() -> None:
    deflater = Deflater()
    chunks = [b"%d" % n for n in range(CACHED + 1)]
    first = deflater.piece(chunks[0])
    for chunk in chunks[1:CACHED]:
        deflater.piece(chunk)
    assert deflater.piece(chunks[0]) is first
    deflater.piece(chunks[CACHED])
    assert deflater.compressed == CACHED + 1
    deflater.piece(chunks[0])
    assert deflater.compressed == CACHED + 2


def test_a_piece_refers_to_nothing_before_it() -> None:
    deflater = Deflater()
    deflater.piece(LONG)
    later = deflater.piece(bytes(bytearray(LONG)))
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(later) == LONG


@given(st.binary(max_size=200_000))
def test_stored_blocks_are_read_again(chunk: bytes) -> None:
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(stored(chunk)) == chunk


def test_what_one_is_told_alone_is_compressed_when_it_is_long() -> None:
    for size, compressed in ((STORED_MAX, 0), (STORED_MAX + 1, 1)):
        inner, deflater = MemorySink(), Deflater()
        sink = GzipSink(inner, deflater)
        sink.write(b"x" * size)
        sink.close()
        assert deflater.compressed == compressed
        assert read(inner) == b"x" * size


@given(st.lists(st.tuples(st.sampled_from("swjp"), st.binary(max_size=3_000)), max_size=30))
def test_whoever_joins_and_parts_at_any_time_ends_with_the_right_sum(
    steps: list[tuple[str, bytes]],
) -> None:
    """``s`` shared, ``w`` to it alone, ``j`` join, ``p`` part; another subscriber is always on."""
    deflater, tally = Deflater(), Tally()
    inner, always = MemorySink(), MemorySink()
    sink, other = GzipSink(inner, deflater), GzipSink(always, deflater)
    other.join(tally)
    expected, shared, joined = b"", b"", False
    for step, chunk in steps:
        if step == "w":
            sink.write(chunk)
            expected += chunk
        elif step == "s":
            tally.count(chunk)
            other.write_shared(chunk)
            shared += chunk
            if joined:
                sink.write_shared(chunk)
                expected += chunk
        elif step == "j" and not joined:
            sink.join(tally)
            joined = True
        elif step == "p":
            sink.part()
            joined = False
    sink.close()
    other.close()
    assert read(inner) == expected
    assert read(always) == shared
    assert tally.riders == 0


def test_a_tally_without_riders_counts_nothing() -> None:
    tally = Tally()
    tally.count(LONG)
    assert (tally.crc, tally.size) == (0, 0)


def test_an_aborted_one_gets_no_end() -> None:
    inner, tally = MemorySink(), Tally()
    sink = GzipSink(inner, Deflater())
    sink.join(tally)
    sink.abort()
    sink.close()
    assert inner.chunks == [HEADER]
    assert (sink.aborted, sink.closed, tally.riders) == (True, True, 0)


def test_it_is_full_and_tells_as_the_wrapped_one_does() -> None:
    inner = MemorySink()
    sink = GzipSink(inner, Deflater())
    inner.fill()
    assert sink.full
    inner.drain()
    assert not sink.full
