"""Reading: every shape of input that holds objects, and where each object was."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from placewright.models.errors import InputError, UsageError
from placewright.models.reader import ConciseDocument, RawObject, read_objects
from placewright.models.reading import limits

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}


def read(data: bytes | str) -> list[RawObject | ConciseDocument]:
    """What standard input holds."""
    return list(read_objects(["-"], io.BytesIO(data.encode() if isinstance(data, str) else data)))


def documents(data: bytes | str) -> list[dict[str, Any]]:
    return [item.document for item in read(data)]


def as_json(value: object) -> str:
    return json.dumps(value)


def archive(files: Mapping[str, bytes], *, mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


ITEM = {"metadata": {"name": "a"}}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(as_json(POD), [POD], id="one JSON object"),
        pytest.param("apiVersion: v1\nkind: Pod\nmetadata: {name: a}", [POD], id="one YAML object"),
        pytest.param(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n---\n"
            "apiVersion: v1\nkind: Node\nmetadata: {name: n}\n...\n",
            [POD, NODE],
            id="several YAML documents, an empty one among them",
        ),
        pytest.param(as_json(POD) + "\n" + as_json(NODE), [POD, NODE], id="JSON objects one after another"),
        pytest.param(as_json([POD, NODE]), [POD, NODE], id="an array of objects"),
        pytest.param(
            as_json({"kind": "List", "apiVersion": "v1", "items": [POD, NODE]}), [POD, NODE], id="a List"
        ),
        pytest.param(
            as_json({"kind": "PodList", "apiVersion": "v1", "items": [ITEM]}),
            [{**POD, "metadata": {"name": "a"}}],
            id="a typed list whose items do not say what they are",
        ),
        pytest.param(
            as_json({"kind": "DeploymentList", "apiVersion": "apps/v1", "items": [ITEM]}),
            [{**ITEM, "kind": "Deployment", "apiVersion": "apps/v1"}],
            id="a typed list hands its apiVersion on",
        ),
        pytest.param(
            as_json({"kind": "List", "items": [{"kind": "List", "items": [POD]}, NODE]}),
            [POD, NODE],
            id="a List inside a List, in the order written",
        ),
        pytest.param(
            as_json([{"kind": "PodList", "items": None}, {"kind": "NodeList"}, NODE]),
            [NODE],
            id="a list whose items are null or absent is empty",
        ),
        pytest.param(
            as_json({"kind": "AllowList", "apiVersion": "x/v1", "metadata": {"name": "l"}, "spec": {}}),
            [{"kind": "AllowList", "apiVersion": "x/v1", "metadata": {"name": "l"}, "spec": {}}],
            id="a custom resource called AllowList is no list",
        ),
        pytest.param("\ufeff" + as_json(POD), [POD], id="a UTF-8 byte order mark before JSON is passed over"),
        pytest.param(as_json(POD).encode("utf-16"), [POD], id="UTF-16, as Windows' shells write it"),
        pytest.param(gzip.compress(as_json(POD).encode()), [POD], id="gzip"),
        pytest.param(
            gzip.compress(as_json(POD).encode()) + gzip.compress(as_json(NODE).encode()),
            [POD, NODE],
            id="gzip of several members",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}}", [POD], id="YAML that starts as JSON"
        ),
        pytest.param(
            '{"kind": "Pod"}\n---\n{"kind": "Node"}',
            [{"kind": "Pod", "apiVersion": ""}, {"kind": "Node", "apiVersion": ""}],
            id="JSON objects as YAML documents, without apiVersion",
        ),
        pytest.param(
            archive({"b.json": as_json(NODE).encode(), "a.json": as_json(POD).encode(), "log.txt": b"x"}),
            [POD, NODE],
            id="a tar archive, its members sorted",
        ),
        pytest.param(
            archive({"p.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}"}, mode="w:gz"),
            [POD],
            id="a compressed tar archive",
        ),
    ],
)
def test_every_shape_of_input_is_read(data: bytes | str, expected: list[dict[str, Any]]) -> None:
    assert documents(data) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("2024-01-31", "2024-01-31", id="a date stays a string"),
        pytest.param("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z", id="a timestamp stays a string"),
        pytest.param("1:30", "1:30", id="no sexagesimal numbers"),
        pytest.param("1.2.3", "1.2.3", id="a version is a string"),
        pytest.param("10.0.0.1", "10.0.0.1", id="an address is a string"),
        pytest.param("500m", "500m", id="a quantity is a string"),
        pytest.param("0.1", 0.1, id="a decimal is a number"),
        pytest.param("12", 12, id="an integer is a number"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("010", 8, id="octal in the old way, as Kubernetes' reader has it"),
        pytest.param("1_000", 1000, id="an integer with underscores"),
        pytest.param("99999999999999999999", 1e20, id="an integer beyond 64 bits is a float, as in JSON"),
        pytest.param("yes", True, id="yes is true, as Kubernetes' reader has it"),
        pytest.param("off", False, id="off is false"),
        pytest.param('"yes"', "yes", id="quoted, it is text"),
        pytest.param("!!str 12", "12", id="tagged as a string, it is text"),
        pytest.param("!!int 12", 12, id="tagged as an integer"),
        pytest.param("~", None, id="a tilde is null"),
        pytest.param("", None, id="nothing is null"),
        pytest.param(
            "{<<: {a: 1, b: 1}, b: 2}", {"a": 1, "b": 2}, id="a merge key gives way to what is written"
        ),
        pytest.param("[&x {a: 1}, *x]", [{"a": 1}, {"a": 1}], id="an alias repeats its anchor's value"),
        pytest.param("|\n  two\n  lines", "two\nlines\n", id="a block of text"),
        pytest.param(
            "{<<: [{a: 1}, {a: 2, b: 2}]}", {"a": 1, "b": 2}, id="of merged mappings the first wins"
        ),
    ],
)
def test_yaml_is_read_as_kubernetes_reads_it(text: str, value: object) -> None:
    (found,) = documents(f"kind: Pod\nvalue: {text}\n")
    assert found["value"] == value
    assert type(found["value"]) is type(value)


def test_a_directory_is_read_in_sorted_order_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "pods.json").write_text(as_json({"kind": "PodList", "items": [ITEM]}))
    (tmp_path / "default" / "web.log").write_text("{ not json")
    (tmp_path / "nodes.json").write_text(
        as_json({"kind": "NodeList", "items": [{"metadata": {"name": "n"}}]})
    )
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    (tmp_path / "analysis.json").write_text("[1, 2]")
    (tmp_path / ".hidden.json").write_text("{ not json")
    (tmp_path / "zipped.json.gz").write_bytes(gzip.compress(as_json(NODE).encode()))
    notes: list[str] = []
    found = list(read_objects([str(tmp_path)], notes=notes))
    assert [(item.source, item.document["kind"]) for item in found] == [
        (f"{tmp_path}/default/pods.json items[0]", "Pod"),
        (f"{tmp_path}/nodes.json items[0]", "Node"),
        (f"{tmp_path}/zipped.json.gz", "Node"),
    ]
    assert notes == [
        f"{tmp_path}: skipped 2 files that hold no objects",
        f"{tmp_path}/analysis.json: skipped 1 file that holds no objects",
        f"{tmp_path}/empty.yaml: skipped 1 file that holds no objects",
    ]


def test_a_support_bundle_is_read_below_cluster_resources_only(tmp_path: Path) -> None:
    bundle = {
        "bundle/version.yaml": b"apiVersion: x\nkind: SupportBundle\n",
        "bundle/analysis.json": b"{ broken",
        "bundle/cluster-resources/nodes.json": as_json([{"metadata": {"name": "n"}}]).encode(),
        "bundle/cluster-resources/pods/default.json": as_json([ITEM]).encode(),
        "bundle/cluster-resources/pods-errors.json": b"null",
    }
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(archive(bundle, mode="w:gz"))
    found = [(item.source, item.document["kind"]) for item in read_objects([str(path)])]
    assert found == [
        (f"{path}:bundle/cluster-resources/nodes.json [0]", "Node"),
        (f"{path}:bundle/cluster-resources/pods/default.json [0]", "Pod"),
    ]


def test_a_plan_beside_its_cluster_is_passed_over_and_one_that_is_named_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(as_json({"apiVersion": "placewright.io/v1", "kind": "Plan", "status": "optimal"}))
    (tmp_path / "cluster.yaml").write_text("nodes: []")
    notes: list[str] = []
    assert [item.source for item in read_objects([str(tmp_path)], notes=notes)] == [
        f"{tmp_path}/cluster.yaml"
    ]
    assert notes == [f"{plan}: skipped 1 file that holds no objects"]
    with pytest.raises(InputError, match="is a plan, not a cluster"):
        list(read_objects([str(plan)]))


def test_documents_are_numbered_only_where_there_are_several(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("kind: Pod")
    (tmp_path / "two.yaml").write_text("kind: Pod\n---\nkind: Node")
    sources = [item.source for item in read_objects([str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml")])]
    assert sources == [f"{tmp_path}/one.yaml", f"{tmp_path}/two.yaml[0]", f"{tmp_path}/two.yaml[1]"]


@pytest.mark.parametrize(
    ("text", "concise"),
    [
        pytest.param("nodes: []", True, id="nodes without kind"),
        pytest.param("agents: []", True, id="agents without kind"),
        pytest.param("quotas: []", True, id="only quotas"),
        pytest.param("kind: Cluster\nagents: []", True, id="kind Cluster without apiVersion"),
        pytest.param(
            "apiVersion: placewright.io/v1\nkind: Cluster", True, id="kind Cluster with our apiVersion"
        ),
        pytest.param(
            "apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster", False, id="a Cluster of somebody else"
        ),
        pytest.param("kind: Pod\nnodes: []", False, id="another kind"),
    ],
)
def test_the_concise_form_is_told_from_kubernetes_objects(text: str, concise: bool) -> None:
    (found,) = read(text)
    assert isinstance(found, ConciseDocument) is concise


def test_inputs_are_read_in_the_order_given(tmp_path: Path) -> None:
    (tmp_path / "z.yaml").write_text("kind: Pod")
    (tmp_path / "a.yaml").write_text("kind: Node")
    paths = [str(tmp_path / "z.yaml"), "-", str(tmp_path / "a.yaml")]
    found = [item.document["kind"] for item in read_objects(paths, io.BytesIO(b"kind: Service"))]
    assert found == ["Pod", "Service", "Node"]


def test_a_pipe_that_is_named_is_read(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"kind: Pod")
    os.close(writer)
    try:
        (found,) = read_objects([f"/dev/fd/{reader}"])
    finally:
        os.close(reader)
    assert found.document["kind"] == "Pod"


def test_a_pipe_in_a_directory_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pods.json")
    (tmp_path / "nodes.json").write_text(as_json(NODE))
    assert [item.document["kind"] for item in read_objects([str(tmp_path)])] == ["Node"]


def test_unpacking_stops_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 3 * 2**20)
    bomb = gzip.compress(b" " * 2**24)
    with pytest.raises(InputError, match="larger than the 3 MiB that are read"):
        read(bomb)


def test_an_endless_device_is_refused_at_its_first_block() -> None:
    with pytest.raises(InputError, match=r"^/dev/zero: line 1: binary data"):
        list(read_objects(["/dev/zero"]))


def test_aliases_in_moderation_are_fine_and_repeat_long_texts_only_so_often() -> None:
    anchors = f'kind: Pod\na: &a "{"x" * 1_000_000}"\n'
    assert len(documents(f"{anchors}b: [{', '.join(['*a'] * 100)}]")[0]["b"]) == 100
    with pytest.raises(InputError, match="aliases stand for more than"):
        documents(f"{anchors}b: [{', '.join(['*a'] * 200)}]")


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        pytest.param([], "no input was given", id="nothing"),
        pytest.param(["-", "-"], "given more than once", id="standard input twice"),
        pytest.param([""], "an input's name is empty", id="an empty name"),
    ],
)
def test_contradictory_arguments_are_usage_errors(paths: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        list(read_objects(paths, io.BytesIO(b"kind: Pod")))
