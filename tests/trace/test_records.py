"""Every record type survives the way into a file and back; what a newer tapeview adds is left out and counted."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapeview.trace.batch import ENCODER, Chunk, encoded
from tapeview.trace.decode import RECORD_TYPES, decode_chunk
from tapeview.trace.query import Recording
from tapeview.trace.records import (
    SETUP,
    Failure,
    Frame,
    Op,
    OpInfo,
    Output,
    Record,
    Stats,
    Tensor,
    Variable,
)
from tapeview.trace.store import Writer
from tests.helpers.scene import run_info

ids = st.integers(0, 2**40)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(int, ids)
st.register_type_strategy(str, texts)


def strategy(kind: type) -> st.SearchStrategy[Any]:
    """Instances of a record type, all fields drawn by their annotations."""
    attrs = st.dictionaries(texts, plain, max_size=3)
    if kind is Op:
        many = st.lists(ids, max_size=4).map(tuple)
        return st.builds(Op, ids, texts, many, many, attrs, ids, many, ids, st.booleans(), ids, texts, ids)
    fields = msgspec.structs.fields(kind)
    return st.builds(kind, **{f.name: attrs if f.type == dict[str, Any] else st.from_type(f.type) for f in fields})


records = st.lists(st.one_of([strategy(kind) for kind in RECORD_TYPES]), max_size=30)


def chunk_of(items: list[Any]) -> tuple[bytes, int]:
    chunk = Chunk(0, 0)
    for part in encoded(items):
        chunk.add(part)
    *_, crc, data = chunk.row()
    return data, crc


def through_a_chunk(items: list[Any]) -> Any:
    return decode_chunk(*chunk_of(items))


@pytest.mark.parametrize("kind", RECORD_TYPES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_each_record_type_comes_back_equal(kind: type, data: st.DataObject) -> None:
    record = data.draw(strategy(kind))
    decoded = through_a_chunk([record])
    assert decoded.records == (record,)
    assert (decoded.unknown, decoded.damaged, decoded.error) == (0, 0, "")


@pytest.mark.parametrize("kind", [Frame, Stats, OpInfo, Output, Failure], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_each_other_struct_comes_back_equal(kind: type, data: st.DataObject) -> None:
    value = data.draw(strategy(kind))
    assert msgspec.msgpack.decode(ENCODER.encode(value), type=kind) == value


@given(records)
def test_mixed_records_come_back_in_order(items: list[Record]) -> None:
    assert through_a_chunk(items).records == tuple(items)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(st.lists(st.tuples(records, st.booleans()), max_size=6))
def test_whole_recordings_come_back(steps: list[tuple[list[Record], bool]]) -> None:
    """Whatever is appended in whatever portions, with tensors and variables numbered as a recorder does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.tapeview"
        writer = Writer(path, run_info())
        tensor = variable = 0
        written: list[list[Record]] = []
        for number, (items, commit) in enumerate(steps):
            renumbered: list[Record] = []
            for item in items:
                if isinstance(item, Tensor):
                    tensor += 1
                    item = msgspec.structs.replace(item, id=tensor)
                elif isinstance(item, Variable):
                    variable += 1
                    item = msgspec.structs.replace(item, id=variable)
                renumbered.append(item)
            written.append(renumbered)
            writer.append(number + SETUP, renumbered[: len(renumbered) // 2])
            if commit:
                writer.commit()
            writer.append(number + SETUP, renumbered[len(renumbered) // 2 :])
        writer.finish("finished", 0)
        with Recording.open(path) as recording:
            last = max((number for number, items in enumerate(written) if items), default=0)
            assert recording.step_count == max(last + SETUP + 1, 0)
            for number, items in enumerate(written[: last + 1]):
                assert recording.step(number + SETUP).records == tuple(items)
                for item in items:
                    if isinstance(item, Tensor):
                        assert recording.tensor(item.id) == item
            for unknown in (0, -1, tensor + 1, 2**63, 2**70):
                with pytest.raises(KeyError):
                    recording.tensor(unknown)
            assert dict(recording.variables()) == {
                item.id: item for items in written for item in items if isinstance(item, Variable)
            }
            assert recording.warnings == ()


def raw_chunk(values: list[Any]) -> Any:
    data = msgspec.msgpack.encode(values)
    return decode_chunk(data, zlib.crc32(data))


def test_trailing_fields_of_a_newer_version_are_ignored() -> None:
    tensor = [1, 7, "float32", [], b"abcd", "op", 0, None, "", "new", {"more": 1}]
    op = [6, 3, "Mul", [7, 7], [7], {}, 0, [], 0, False, 0, "", 0, [1, 2], "new"]
    decoded = raw_chunk([tensor, op])
    assert decoded.records == (Tensor(7, "float32", (), b"abcd"), Op(3, "Mul", (7, 7), (7,), {}, 0, (), 0))
    assert not decoded.unknown


def test_fields_that_an_older_version_lacks_have_their_defaults() -> None:
    assert raw_chunk([[1, 7, "float32", [], b"abcd"]]).records == (Tensor(7, "float32", (), b"abcd"),)


def test_unknown_kinds_are_skipped_and_counted() -> None:
    decoded = raw_chunk([[4, 1], [99, "later"], [4, 2], [90], [4, 3]])
    assert [record.tape for record in decoded.records] == [1, 2, 3]
    assert (decoded.unknown, decoded.damaged) == (2, 0)


@pytest.mark.parametrize("bad", [[6, "seq"], [], 7, "text", {}, [True], [None, 1], ["4", 1], [4], [1, 2, 3, 4, 5]])
def test_wrong_types_are_skipped_and_counted(bad: Any) -> None:
    decoded = raw_chunk([[4, 1], bad, [4, 2]])
    assert [record.tape for record in decoded.records] == [1, 2]
    assert (decoded.unknown, decoded.damaged) == (0, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 100_000,
        b"\xdd\x00\x00\x00\x02\x92\x04\x01",
        b"\x92\x04\x01\x00",
        "text",
        None,
        7,
    ],
)
def test_garbage_is_an_error_and_not_an_exception(data: Any) -> None:
    decoded = decode_chunk(data, zlib.crc32(data) if isinstance(data, bytes) else 0)
    assert decoded.records == ()
    assert decoded.error or decoded.damaged


def test_deeply_nested_attributes_are_damage_and_not_a_crash() -> None:
    deep = b"\x91" * 50_000 + b"\xc0"
    op = b"\x9a\x06\x01\xa3Mul\x90\x90\x81\xa1a" + deep + b"\x00\x90\x00\xc2"
    data = b"\x92" + op + b"\x92\x04\x01"
    decoded = decode_chunk(data, zlib.crc32(data))
    assert decoded.error or decoded.damaged


@given(st.data())
def test_flipped_bytes_never_pass_unseen(data: st.DataObject) -> None:
    good, crc = chunk_of([Tensor(id, "float32", (), b"abcd") for id in range(1, 20)])
    bad = bytearray(good)
    for place in data.draw(st.sets(st.integers(0, len(good) - 1), min_size=1, max_size=4)):
        bad[place] ^= data.draw(st.integers(1, 255))
    assert decode_chunk(bytes(bad), crc).error


@given(
    st.binary(max_size=200)
    | records.map(lambda items: ENCODER.encode(items)).flatmap(
        lambda good: st.tuples(st.just(good), st.integers(0, max(len(good) - 1, 0)), st.integers(0, 255)).map(
            lambda change: good[: change[1]] + bytes([change[2]]) + good[change[1] + 1 :]
        )
    )
)
def test_a_forged_chunk_with_a_right_checksum_never_raises(data: bytes) -> None:
    decoded = decode_chunk(data, zlib.crc32(data))
    assert all(type(record) in RECORD_TYPES for record in decoded.records)


def test_there_is_a_strategy_for_every_kind_in_the_union() -> None:
    assert set(RECORD_TYPES) == set(Record.__args__)
