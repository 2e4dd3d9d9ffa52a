"""Pods that are recognised by their text are the Pods that parsing every byte finds."""

from __future__ import annotations

import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.ingest.load import load_snapshot
from placewright.models.ingest.pods import FIELDS, PodReader, PodRecord
from placewright.models.options import Options
from placewright.models.reading import limits
from placewright.models.reading.condense import Condenser
from placewright.models.reading.stream import stream
from placewright.models.snapshot import Snapshot
from placewright.tests.objects import Object, node
from placewright.tests.replicas import STYLES, cluster, loaded, replica


def condensed(reader: PodReader, document: Object, **style: Any) -> PodRecord | Object:
    """What a reader takes the text of a document for."""
    text = json.dumps(document, **style).encode()
    return reader.take(text, 0, len(text), "", "", reader.match(text, 0, ""))


@pytest.mark.parametrize("style", STYLES)
def test_replicas_are_one_shape_and_keep_what_is_their_own(style: dict[str, Any]) -> None:
    reader = PodReader()
    found = [condensed(reader, replica(number), **style) for number in range(5)]
    plain = PodReader()
    assert found == [plain.read(replica(number)) for number in range(5)]
    assert len({id(pod.shape) for pod in found if isinstance(pod, PodRecord)}) == 1


@pytest.mark.parametrize("style", STYLES)
def test_a_replica_of_one_that_is_known_is_found_by_its_text(style: dict[str, Any]) -> None:
    reader = PodReader()
    one, other = (json.dumps(replica(number), **style).encode() for number in (1, 2))
    assert reader.match(one, 0, "") is None
    reader.take(one, 0, len(one), "", "", None)
    match = reader.match(other, 0, "")
    assert match is not None
    assert orjson.loads(other[match.start : match.end]) == replica(2)["spec"]
    assert match.node == b"n2"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"nodeName": None}, id="no node, written out"),
        pytest.param({"nodeName": 'a"b'}, id="a quote in a node's name"),
        pytest.param({"nodeName": "a\\"}, id="a backslash at the end of it"),
        pytest.param({"nodeName": "\u00e9"}, id="a letter beyond ASCII"),
        pytest.param({"x": {"nodeName": "n"}, "nodeName": "m"}, id="another nodeName before it"),
        pytest.param({"x": {"nodeName": "n"}, "nodeName": None}, id="another nodeName alone"),
        pytest.param(
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "kube-api-access-abcde"}}]},
            id="a claim that is called like a token",
        ),
        pytest.param({"schedulerName": "kube-api-access-abcde"}, id="a scheduler that is called like one"),
        pytest.param(
            {"x": {"status": {"status": 1}, "spec": {"spec": 1}}}, id="fields called spec and status"
        ),
        pytest.param({"hostname": '},\n "status": {'}, id="text that looks like the end of a spec"),
    ],
)
@pytest.mark.parametrize("style", STYLES)
def test_what_is_odd_is_read_as_it_stands(odd: Object, style: dict[str, Any]) -> None:
    reader, plain = PodReader(), PodReader()
    for number in (1, 2):
        document = replica(number, **odd)
        found = condensed(reader, document, **style)
        assert (plain.read(found) if isinstance(found, dict) else found) == plain.read(document)


def test_a_label_called_spec_is_none() -> None:
    document = replica(1)
    document["metadata"]["labels"] = {"spec": "x", "status": "y", "nodeName": "z"}
    found = condensed(PodReader(), document)
    assert (PodReader().read(found) if isinstance(found, dict) else found) == PodReader().read(document)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"priority": "high"}, id="a priority that is text"),
        pytest.param({"containers": 5}, id="containers that are a number"),
        pytest.param({"nodeName": 5}, id="a node that is a number"),
    ],
)
def test_what_is_wrong_stays_a_document(wrong: Object) -> None:
    assert condensed(PodReader(), replica(1, **wrong)) == replica(1, **wrong)


def test_what_is_nested_too_deeply_stays_a_document() -> None:
    nested: Any = {}
    for _ in range(260):
        nested = {"x": nested}
    for document in (replica(1, x=nested), {**replica(1), "x": nested}):
        assert condensed(PodReader(), document) == document


def test_an_annotation_that_is_no_text_is_for_the_schema_to_refuse() -> None:
    document = replica(1)
    document["metadata"]["annotations"]["cni/ip"] = 5
    assert condensed(PodReader(), document) == document


def test_texts_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("placewright.models.reading.condense._MOST_TEXTS", 3)
    reader, plain = PodReader(), PodReader()
    for number in range(10):
        document = replica(number, hostname=f"h{number}")
        assert condensed(reader, document) == plain.read(document)


def test_replicas_are_recognised_soon_again_after_many_that_are_unlike_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("placewright.models.reading.condense._MOST_IN_VAIN", 5)
    reader, plain = PodReader(), PodReader()
    unlike = [replica(number, hostname=f"h{number}") for number in range(50)]
    alike = [replica(number) for number in range(50)]
    assert [condensed(reader, document) for document in unlike + alike] == [
        plain.read(document) for document in unlike + alike
    ]
    text = json.dumps(replica(1)).encode()
    assert reader.match(text, 0, "") is not None


def test_the_kind_of_a_list_is_that_of_its_items() -> None:
    document = {key: value for key, value in replica(1).items() if key not in ("kind", "apiVersion")}
    text = json.dumps(document).encode()
    reader = PodReader()
    assert reader.take(text, 0, len(text), "Pod", "v1", None) == PodReader().read(replica(1))
    assert reader.take(text, 0, len(text), "Pod", "example.com/v1", None) == document
    assert reader.take(text, 0, len(text), "", "", None) == document


def test_somebody_elses_pods_are_none() -> None:
    document = {**replica(1), "apiVersion": "example.com/v1"}
    assert condensed(PodReader(), document) == document


def test_shapes_hold_what_is_read_and_nothing_else() -> None:
    condenser = Condenser(FIELDS)
    assert condenser.document(replica(1)) == (0, "web-1", "u1", "n1", "2026-01-01T00:00:01Z", "t1")
    metadata, spec, status = condenser.shapes[0]
    assert b"cni/ip" not in metadata
    assert b"volumeMounts" not in spec
    assert b"podIP" not in status


# As a whole: files that are taken apart against files that are parsed at once


def every_way(path: Path, block: int) -> tuple[Any, Any, Any]:
    """What a file holds: taken apart, the same with every byte parsed, and at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "LARGE", 0)
        patch.setattr(limits, "LARGE_BLOCK", block)
        apart = loaded(path)
        with patch.context() as plain:
            plain.setattr("placewright.models.reader.stream", lambda blob, _: stream(blob))
            parsed = loaded(path)
        patch.setattr(limits, "LARGE", 2**60)
        return apart, parsed, loaded(path)


@pytest.mark.parametrize("seed", range(60))
def test_a_cluster_is_the_same_snapshot_or_the_same_error(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    path = tmp_path / "c.json"
    path.write_text(
        json.dumps({"kind": "List", "apiVersion": "v1", "items": cluster(rng)}, **rng.choice(STYLES))
    )
    apart, parsed, whole = every_way(path, rng.choice((64, 3000, 2**20)))
    assert apart == parsed == whole


def test_packed_input_and_standard_input_give_the_same_cluster(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    items = [node("n1"), *(replica(number) for number in range(12))]
    path.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": items}))
    apart, _, whole = every_way(path, 3000)
    assert isinstance(whole, Snapshot)
    packed = tmp_path / "c.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert every_way(packed, 3000) == (apart, apart, whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "LARGE", 0)
        assert load_snapshot(["-"], Options(), stdin=io.BytesIO(path.read_bytes())) == whole


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    style=st.sampled_from(STYLES),
    where=st.floats(0, 1, exclude_max=True),
    put=st.binary(max_size=3),
    gone=st.integers(0, 40),
)
def test_a_cluster_that_is_broken_anywhere_is_told_the_same(
    style: dict[str, Any], where: float, put: bytes, gone: int, tmp_path: Path
) -> None:
    items = [node("n1"), *(replica(number) for number in range(4))]
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": items}, **style).encode()
    at = int(where * len(text))
    path = tmp_path / "c.json"
    path.write_bytes(text[:at] + put + text[at + gone :])
    # At once, broken text comes before whatever else is wrong.
    apart, parsed, _ = every_way(path, 700)
    assert apart == parsed
