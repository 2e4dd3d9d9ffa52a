"""What several processes read is what one reads: the same snapshot, or the same error."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.ingest.pods import PodReader
from placewright.models.reading import limits, parts
from placewright.models.reading.part_reader import Part, PartReader, Task
from placewright.models.snapshot import Snapshot
from placewright.tests.objects import Object, node, obj
from placewright.tests.replicas import STYLES, cluster, loaded, replica


class Here(parts._Process):
    """One that reads in this process: quick to start, and asked the same things."""

    def __init__(self, task: Task) -> None:
        self._start_empty()
        self._reader = PartReader(task)

    def read(self, start: int, until: int) -> Part | None:
        return self._taken(self._reader.read(start, until))

    def end(self) -> None:
        pass

    def close(self) -> None:
        pass


def both(path: Path, part: int, process: type[parts._Process] = Here) -> tuple[Any, Any]:
    """What one process reads, and what several read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "LARGE", 0)
        patch.setattr(limits, "LARGE_BLOCK", 1000)
        one = loaded(path)
        patch.setattr(limits, "PARTED", 0)
        patch.setattr(limits, "PART", part)
        patch.setattr(parts, "_FIRST", 1000)
        patch.setattr(parts, "cores", lambda: 2)
        patch.setattr(parts, "_Process", process)
        return one, loaded(path)


def written(path: Path, items: list[Object], **style: Any) -> Path:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, **style))
    return path


@pytest.mark.parametrize("seed", range(60))
def test_parts_of_any_size_make_the_same_cluster(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    path = written(tmp_path / "c.json", cluster(rng), **rng.choice(STYLES))
    one, several = both(path, rng.choice((100, 1500, 4000)))
    assert several == one


def test_most_of_it_is_read_by_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "c.json", [replica(number) for number in range(50)], indent=4)
    adopt = Mock(side_effect=PodReader().adopt)
    monkeypatch.setattr(PodReader, "adopt", adopt)
    one, several = both(path, 5000)
    assert isinstance(one, Snapshot)
    assert several == one
    assert adopt.call_count > 40


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    style=st.sampled_from(STYLES),
    where=st.floats(0, 1, exclude_max=True),
    put=st.binary(max_size=3),
    gone=st.integers(0, 40),
    part=st.sampled_from((300, 2000)),
)
def test_what_is_broken_anywhere_is_told_the_same(
    style: dict[str, Any], where: float, put: bytes, gone: int, part: int, tmp_path: Path
) -> None:
    path = written(tmp_path / "c.json", [node("n1"), *(replica(number) for number in range(6))], **style)
    text = path.read_bytes()
    at = int(where * len(text))
    path.write_bytes(text[:at] + put + text[at + gone :])
    one, several = both(path, part)
    assert several == one


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.99])
def test_a_file_that_ends_too_early_is_told_the_same(
    style: dict[str, Any], kept: float, tmp_path: Path
) -> None:
    path = written(tmp_path / "c.json", [replica(number) for number in range(12)], **style)
    text = path.read_bytes()
    path.write_bytes(text[: int(kept * len(text))])
    one, several = both(path, 2000)
    assert "not valid JSON" in one
    assert several == one


def test_what_looks_like_the_space_between_items_is_not_taken_for_it(tmp_path: Path) -> None:
    """In text on one line what separates items may well separate owners, or stand in a string."""
    items = [replica(number) for number in range(12)]
    for item in items:
        item["metadata"]["annotations"]["last"] = 'x"}},{"apiVersion": "v1"}}, {"apiVersion":' * 9
        item["x"] = [{"status": {}}, *({"apiVersion": "v1", "a": {"b": {}}} for _ in range(20))]
    for style in STYLES:
        one, several = both(written(tmp_path / "c.json", items, **style), 300)
        assert isinstance(one, Snapshot)
        assert several == one


@pytest.mark.parametrize("kind", ["PodList", "List"])
def test_items_inherit_what_they_are_from_a_list_of_one_kind(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    items = [replica(number) for number in range(12)]
    for item in items:
        del item["kind"], item["apiVersion"]
    path.write_text(json.dumps({"kind": kind, "apiVersion": "v1", "items": items}, indent=1))
    one, several = both(path, 1500)
    assert isinstance(one, Snapshot if kind == "PodList" else str)
    assert several == one


def test_other_kinds_and_lists_in_lists_keep_their_places(tmp_path: Path) -> None:
    inner = {"kind": "List", "apiVersion": "v1", "items": [replica(99), obj("ConfigMap")]}
    items = [*(replica(number) for number in range(6)), inner, node("n1"), *map(replica, range(6, 12))]
    items.append(replica(0, priority=5))
    one, several = both(written(tmp_path / "c.json", items, indent=4), 1500)
    assert one == f"{tmp_path}/c.json items[14]: Pod default/web-0: given twice, with different content"
    assert several == one


# Processes


def test_real_processes_read_the_same(tmp_path: Path) -> None:
    path = written(tmp_path / "c.json", [node("n1"), *(replica(number) for number in range(40))], indent=4)
    one, several = both(path, 9000, parts._Process)
    assert isinstance(one, Snapshot)
    assert several == one


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("raise SystemExit(1)", id="that ends at once"),
        pytest.param("print('hello')", id="that says something else"),
        pytest.param("import sys; sys.stdin.buffer.read(9); sys.exit()", id="that ends in the middle"),
    ],
)
def test_a_process(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "c.json", [replica(number) for number in range(12)], indent=4)
    monkeypatch.setattr(parts, "_PROGRAM", program)
    one, several = both(path, 2000, parts._Process)
    assert isinstance(one, Snapshot)
    assert several == one


def test_where_no_process_can_be_started_this_one_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "c.json", [replica(number) for number in range(12)], indent=4)
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    one, several = both(path, 2000, parts._Process)
    assert isinstance(one, Snapshot)
    assert several == one


def test_processes_end_when_reading_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[parts._Process] = []

    class Watched(parts._Process):
        def __init__(self, task: Task) -> None:
            super().__init__(task)
            started.append(self)

    items = [*(replica(number) for number in range(30)), replica(0, priority="high")]
    one, several = both(written(tmp_path / "c.json", items, indent=4), 3000, Watched)
    assert 'found "high"' in one
    assert several == one
    assert len(started) == 2
    assert all(process._child.ended for process in started)
