"""docs/recording-format.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from tapeview.trace.decode import RECORD_TYPES
from tapeview.trace.graph_records import Fed, Fetched, GraphNode
from tapeview.trace.records import INLINE_BYTES, SETUP, Frame, OpInfo, Source, SourceGradient, Stats
from tapeview.trace.schema import APPLICATION_ID, CHUNK_LIMIT, KEPT, TABLES, USER_VERSION

TEXT = (Path(__file__).parent.parent.parent / "docs" / "recording-format.md").read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())
DEFAULTS = {"false": False, "null": None, '`""`': "", '`"op"`': "op", "[]": (), "−1": -1}


def test_identification_and_limits() -> None:
    assert f"`0x{APPLICATION_ID:X}`" in TEXT
    assert f"| SQLite `user_version` (bytes 60 to 63) | `{USER_VERSION}` |" in TEXT
    assert f"more than {CHUNK_LIMIT >> 20} MiB" in WORDS
    assert f"at most {INLINE_BYTES} bytes" in WORDS
    assert f"step −{-SETUP}" in WORDS
    for word in KEPT:
        assert f"| `{word}` |" in TEXT


def test_every_record_with_its_tag_fields_and_defaults() -> None:
    found = {
        name: (int(tag), [field.strip() for field in fields.split(", ")])
        for tag, name, fields in re.findall(r"^\| (\d+) \| (\w+) \| (.+) \|$", TEXT, re.MULTILINE)
    }
    assert set(found) == {kind.__name__ for kind in RECORD_TYPES}
    for kind in RECORD_TYPES:
        tag, fields = found[kind.__name__]
        assert tag == kind.__struct_config__.tag
        assert [field.split(" = ")[0] for field in fields] == list(kind.__struct_fields__)
        for field, info in zip(fields, msgspec.structs.fields(kind), strict=True):
            _, _, default = field.partition(" = ")
            if default:
                assert info.default == (DEFAULTS[default] if default in DEFAULTS else int(default)), field
            else:
                assert info.required, field


def test_the_structs_inside_records() -> None:
    for kind in (Frame, Source, SourceGradient, Stats, OpInfo, GraphNode, Fed, Fetched):
        assert f"[{', '.join(kind.__struct_fields__[:5])}" in WORDS, kind


def test_every_table_with_its_columns() -> None:
    sections = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
    for table, sql in TABLES.items():
        heading, body = next((heading, body) for heading, body in sections.items() if f"`{table}`" in heading)
        for line in sql.splitlines()[1:-1]:
            column = line.split()[0]
            assert f"`{column}`" in heading + body or column == "id", (table, column)
