"""JSON of other programs, read a record at a time however the file is laid out."""

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.formats import _json_records
from annotations.formats._json_records import first_record, records
from annotations.formats.base import FormatError, Source

objects = st.lists(
    st.dictionaries(
        st.text(max_size=3),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
        max_size=3,
    ),
    max_size=4,
)


def read(data: bytes) -> list[dict[str, object]]:
    return [record.values for record in records(Source("corpus.json", data))]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1 << 20])
@settings(max_examples=40, deadline=None)
@given(rows=objects, indent=st.sampled_from([None, 1]), escaped=st.booleans())
def test_an_array_is_read_whatever_is_decoded_at_a_time(
    chunk: int, rows: list[dict[str, object]], indent: int | None, escaped: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_json_records, "_CHUNK", chunk)
        data = json.dumps(rows, indent=indent, ensure_ascii=escaped).encode()
        assert read(b"\xef\xbb\xbf\r\n " + data + b"\n") == rows


@settings(max_examples=60, deadline=None)
@given(rows=objects, escaped=st.booleans())
def test_lines_and_objects_one_after_the_other_read_alike(
    rows: list[dict[str, object]], escaped: bool
) -> None:
    rows = [row or {"a": 1} for row in rows]  # nobody lays out an object without keys
    lines = "\n".join(json.dumps(row, ensure_ascii=escaped) for row in rows)
    laid_out = "\n".join(json.dumps(row, indent=2, ensure_ascii=escaped) for row in rows)
    assert read(lines.encode()) == read(laid_out.encode()) == rows


def test_a_record_knows_its_line_only_in_json_lines() -> None:
    [_, second] = records(Source("a.jsonl", b'{"a": 1}\n\n{"b": 2}'))
    assert (second.line, second.number, second.place) == (3, 2, "line 3")
    [_, second] = records(Source("a.json", b'[{"a": 1},\n\n{"b": 2}]'))
    assert (second.line, second.number, second.place) == (None, 2, "record 2")


def test_a_large_array_is_not_decoded_all_at_once() -> None:
    one = json.dumps({"text": "Ulm slept. 😀 " * 4_000}, ensure_ascii=False).encode()
    data = b"[" + b",".join([one] * 200) + b"]"
    tracemalloc.start()
    found = sum(1 for _ in records(Source("a.json", data)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 200
    assert peak < len(data) * 2  # as one string it would take nearly four times as much


def test_reading_is_lazy() -> None:
    data = b'[{"a": 1}, {"b": oops}]'
    assert first_record(Source("a.json", data)) == {"a": 1}
    with pytest.raises(FormatError, match=r"not JSON: Expecting value \(record 2\)"):
        read(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[", r"Expecting value \(record 1\)"),
        (b'[{"a": 1}', r"no comma follows \(record 1\)"),
        (b'[{"a": 1} {"b": 2}]', r"no comma follows \(record 1\)"),
        (b'[{"a": 1}] x', "something follows the end of the array"),
        (b'[{"a": 1},]', r"\(record 2\)"),
        (b'[{"a": NaN}]', r"NaN is not a number \(record 1\)"),
        (b'[{"a": "\\ud83d"}]', r"half of a surrogate pair \(record 1\)"),
        (b'[{"a": "x\xff"}]', r"Byte 10 is not UTF-8"),
        (b'[{"a": "\xf0\x9f', r"Byte 9 is not UTF-8"),
        (b"[[1]]", r"JSON object is needed \(record 1\)"),
        (b"[" * 100_000, "nests too deeply"),
        (b'[{"a": ' + b"1" * 5_000 + b"}]", "not JSON"),
        ("[{}]".encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_no_array_of_objects_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        read(data)


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for source in (Source("a.json", data), Source("a.json", b"[{" + data)):
        assert isinstance(first_record(source), dict)
