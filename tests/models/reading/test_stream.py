"""Large JSON is taken apart while it is read: the same objects, places and errors as for small JSON."""

from __future__ import annotations

import gzip
import io
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.reader import RawObject, read_objects
from placewright.models.reading import limits
from placewright.tests.malformed_inputs import Malformed
from placewright.tests.malformed_objects import every

Found = list[tuple[str, dict[str, Any]]]
TEXTS = ("", "a", '"', "\\", "}", "{", "]},{", '\n},\n{"kind":', "é", "\u2028", '"items": [')


def read(path: Path) -> Found:
    """What is in a file and where; of what is wrong with it, what is told."""
    try:
        return [(item.source, item.document) for item in read_objects([str(path)])]
    except InputError as error:
        return [(str(error), {})]


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything is large."""
    monkeypatch.setattr(limits, "LARGE", 0)
    return monkeypatch


def whole(path: Path) -> Found:
    """What the reader for small texts finds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "LARGE", 2**60)
        return read(path)


def streamed(path: Path) -> Found:
    """The same, where falling back to the reader for small texts is a failure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("placewright.models.reader.parse_documents", _refuse)
        return read(path)


def _refuse(*_: object) -> list[Any]:
    raise AssertionError("was read as a whole")


def an_item(rng: random.Random) -> dict[str, Any]:
    item: dict[str, Any] = {"apiVersion": "v1", "kind": rng.choice(("Pod", "Node", "ConfigMap"))}
    item["metadata"] = {"name": rng.choice(TEXTS), "labels": {rng.choice(TEXTS): rng.choice(TEXTS)}}
    item["spec"] = [{"items": [{}], "apiVersion": rng.choice(TEXTS)} for _ in range(rng.randrange(4))]
    keys = list(item)
    if rng.random() < 0.3:
        rng.shuffle(keys)
    return {key: item[key] for key in keys}


def a_list(rng: random.Random) -> Any:
    items = [an_item(rng) for _ in range(rng.choice((0, 1, 2, 5, 9)))]
    if rng.random() < 0.2:
        items.append({"kind": "List", "apiVersion": "v1", "items": [an_item(rng)]})
    if rng.random() < 0.2:
        return items
    parts: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": rng.choice(("List", "PodList")),
        "items": items,
        "metadata": {},
    }
    keys = list(parts)
    rng.shuffle(keys)
    return {key: parts[key] for key in keys}


def as_text(value: Any, rng: random.Random) -> str:
    style: dict[str, Any] = rng.choice(
        ({}, {"indent": 1}, {"indent": 4}, {"indent": 0}, {"separators": (",", ":")}, {"sort_keys": True})
    )
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5, **style)
    return rng.choice(("", "\n ")) + text + rng.choice(("", "\n\n"))


@pytest.mark.parametrize("seed", range(150))
def test_a_list_is_read_the_same_way_whatever_its_style_and_the_size_of_blocks(
    seed: int, streaming: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    path = tmp_path / "c.json"
    path.write_text(as_text(a_list(rng), rng), encoding="utf-8")
    streaming.setattr(limits, "LARGE_BLOCK", rng.choice((1, 7, 100, 10_000)))
    assert streamed(path) == whole(path)


def test_objects_one_after_another_are_numbered(streaming: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rng = random.Random(1)
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(json.dumps(an_item(rng)) for _ in range(9)))
    streaming.setattr(limits, "LARGE_BLOCK", 50)
    assert streamed(path) == whole(path)
    assert streamed(path)[3][0] == f"{path}[3]"


def test_what_follows_a_list_is_numbered_from_one(streaming: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rng = random.Random(2)
    items = [an_item(rng) for _ in range(5)]
    path = tmp_path / "c.json"
    lists = [{"kind": "List", "apiVersion": "v1", "items": part} for part in (items[:3], items[3:])]
    path.write_text("\n".join(json.dumps(value) for value in lists))
    assert [where.removeprefix(str(path)) for where, _ in streamed(path)] == [
        " items[0]",
        " items[1]",
        " items[2]",
        "[1] items[0]",
        "[1] items[1]",
    ]
    assert [item for _, item in streamed(path)] == items


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"kind": "Pod", "metadata": {"name": "a"}}', id="one object"),
        pytest.param('{"items": [{"kind": "Pod"}], "kind": "Menu"}', id="items of what is no list"),
        pytest.param('{"items": [{"a": 1}], "kind": "PodList"}', id="items that only the end names"),
        pytest.param(
            '{"kind": "List", "items": [{"kind": "Pod", "n": 123456789012345678901}]}', id="a number"
        ),
        pytest.param('{"kind": "List", "items": null}', id="no items"),
        pytest.param('[{"kind": "Pod"}] {"kind": "Pod"}', id="an object after an array"),
        pytest.param('{"nodes": [{"name": "n"}]}', id="the concise form"),
        pytest.param("kind: Pod", id="YAML"),
        pytest.param('{"kind": "Pod"}\n---\n{"kind": "Pod"}', id="YAML documents written as JSON"),
        pytest.param('\ufeff{"kind": "List", "items": [{"kind": "Pod"}]}', id="a byte order mark"),
    ],
)
def test_what_cannot_be_streamed_is_read_as_a_whole(
    text: str, streaming: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "c.txt"
    path.write_text(text, encoding="utf-8")
    found = read(path)
    tagged = [(where.replace("[0] ", " "), item) for where, item in whole(path)]
    assert [(where.replace("[0] ", " "), item) for where, item in found] == tagged


def test_a_number_late_in_the_list_sends_only_the_rest_through_the_other_reader(
    streaming: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    items = ['{"kind": "Pod", "n": 1}', '{"kind": "Pod", "n": 123456789012345678901}', '{"kind": "Node"}']
    path.write_text('{"kind": "List", "apiVersion": "v1", "items": [' + ", ".join(items) + "]}")
    assert read(path) == whole(path)
    assert [item["kind"] for _, item in read(path)] == ["Pod", "Pod", "Node"]


def test_packed_input_and_standard_input_are_streamed_too(streaming: pytest.MonkeyPatch) -> None:
    items = [an_item(random.Random(seed)) for seed in range(20)]
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": items}).encode()
    streaming.setattr(limits, "LARGE_BLOCK", 64)
    streaming.setattr("placewright.models.reader.parse_documents", _refuse)
    for data in (text, gzip.compress(text)):
        found = list(read_objects(["-"], io.BytesIO(data)))
        assert [item.document for item in found] == items


def test_a_list_that_ends_as_none_is_an_error(streaming: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"kind": "List", "apiVersion": "v1", "items": [{"kind": "Pod"}], "kind": "Pod"}')
    assert read(path) == [(f"{path}: begins as a list of objects and does not end as one", {})]


CASES = [
    pytest.param(case, id=case.name)
    for case in every()
    if case.file.endswith((".json", ".gz")) and not callable(case.content)
]


@pytest.mark.parametrize("case", CASES)
def test_what_is_malformed_is_told_the_same(
    case: Malformed, streaming: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / case.file
    path.write_bytes(case.data())
    assert read(path) == whole(path)


def test_neither_the_text_nor_the_objects_are_ever_in_memory_at_once(
    streaming: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    item = {"kind": "Pod", "apiVersion": "v1", "spec": {"text": "x" * 1000}}
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": [item] * 3000}, indent=1))
    streaming.setattr(limits, "LARGE_BLOCK", 2**14)
    tracemalloc.start()
    try:
        count = sum(isinstance(item, RawObject) for item in read_objects([str(path)]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 3000
    assert peak < path.stat().st_size / 10


def test_an_item_that_is_too_long_is_not_waited_for(streaming: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": [{"kind": "x" * 5000}]}))
    streaming.setattr(limits, "LARGE_BLOCK", 100)
    streaming.setattr(limits, "LONGEST_ITEM", 1000)
    assert read(path) == whole(path)
