"""What is written: the plan whole, Bindings as the API server takes them, a file all or nothing."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from pathlib import Path

import pytest
import yaml

from placewright.models.agent import ClaimUse, DeviceRequest
from placewright.models.errors import InputError
from placewright.models.node import DevicePool
from placewright.models.plan import Plan
from placewright.models.plan_file import read_plan
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage, StorageClass
from placewright.solver.emit import (
    DEVICE_IDS,
    SELECTED_NODE,
    Format,
    binding_documents,
    dump,
    write_atomically,
)
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan, verify
from placewright.tests.builders import agent, agents, node, snapshot

GPU = "nvidia.com/gpu"


def solved(cluster: Snapshot) -> VerifiedPlan:
    verdict = place(cluster, Settings(workers=1, deterministic=True))
    assert isinstance(verdict, VerifiedPlan)
    return verdict


CLUSTER = snapshot(
    [node("n1", cpu=1000), node("n2", cpu=1000, devices=(DevicePool(GPU, 2, "T4"),))],
    [
        agent("ünï", cpu=300, uid="11-22"),
        agent("gpu", namespace="ml", devices=(DeviceRequest(GPU, 1, models=("T4",)),)),
        *agents("big", 2, cpu=4000),
    ],
)


NAMES = (
    "web-0",
    "a",
    "a.b-c",
    "y",
    "true",
    "null",
    "on",
    "0e1",
    "12",
    "1.5",
    "ünï",
    "A",
    "a:b",
    "-a",
    "a" * 200,
)
UIDS = (
    "",
    "b2f6a1c5-0000-4b7c-9d3e-2f6a1c5e8b90",
    "12345678-1234-1234-1234-123456789012",
    "2024-01-31",
    "1_0",
)


def test_bindings_are_written_as_any_yaml_writer_would() -> None:
    spaces = [agent(name, namespace=name, cpu=1, uid=UIDS[i % len(UIDS)]) for i, name in enumerate(NAMES)]
    verified = solved(snapshot([node("n-1", cpu=1000), node("on", cpu=8)], spaces))
    documents = list(binding_documents(verified))
    written = dump(verified, Format.BINDINGS)
    assert len(documents) == len(NAMES)
    assert written == yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True)
    assert list(yaml.safe_load_all(written)) == documents


@pytest.mark.parametrize("fmt", [Format.JSON, Format.YAML])
def test_a_plan_comes_back_from_its_own_format_as_it_was(fmt: Format, tmp_path: Path) -> None:
    verified = solved(CLUSTER)
    path = tmp_path / f"plan.{fmt.value}"
    write_atomically(str(path), dump(verified, fmt))
    assert read_plan(str(path)) == verified.plan


def test_json_is_camel_case_in_the_order_of_the_model() -> None:
    document = json.loads(dump(solved(CLUSTER), Format.JSON))
    assert list(document) == [field.alias for field in Plan.model_fields.values()]
    assert document["apiVersion"] == "placewright.io/v1"
    assert document["timing"] == {}


@pytest.mark.parametrize("fmt", [Format.JSON, Format.YAML, Format.BINDINGS])
def test_equal_plans_are_equal_bytes_that_end_with_a_newline(fmt: Format) -> None:
    text = dump(solved(CLUSTER), fmt)
    assert text == dump(solved(CLUSTER), fmt)
    assert text.endswith("\n")


def test_yaml_repeats_what_is_equal_instead_of_pointing_to_it() -> None:
    text = dump(solved(CLUSTER), Format.YAML)
    assert text.count("Insufficient cpu") >= 2
    assert "&id" not in text


def test_a_binding_carries_the_uid_where_it_is_known_and_the_devices_it_was_given() -> None:
    documents = {d["metadata"]["name"]: d for d in binding_documents(solved(CLUSTER))}
    assert documents["ünï"]["metadata"] == {"name": "ünï", "namespace": "default", "uid": "11-22"}
    assert documents["gpu"] == {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "gpu", "namespace": "ml", "annotations": {DEVICE_IDS: "[0]"}},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "n2"},
    }


def test_bindings_come_back_as_the_bindings_of_the_plan(tmp_path: Path) -> None:
    verified = solved(CLUSTER)
    path = tmp_path / "bindings.yaml"
    write_atomically(str(path), dump(verified, Format.BINDINGS))
    again = read_plan(str(path))
    assert [(b.key, b.node, b.uid) for b in again.bindings] == [
        (b.key, b.node, b.uid) for b in verified.plan.bindings
    ]
    assert isinstance(verify(CLUSTER, again), VerifiedPlan)


def test_a_plan_that_binds_nobody_is_an_empty_list_and_no_empty_file(tmp_path: Path) -> None:
    written = tmp_path / "bindings.yaml"
    written.write_text(dump(solved(snapshot([node("n1")], [])), Format.BINDINGS))
    assert yaml.safe_load(written.read_text()) == {"apiVersion": "v1", "kind": "List", "items": []}
    assert read_plan(str(written)).bindings == ()


def _waiting_claim(storage_class: StorageClass, *volumes: PersistentVolume) -> Snapshot:
    claim = PersistentVolumeClaim(
        "default", "data", request=1, storage_class="c", access_modes=frozenset({"ReadWriteOnce"})
    )
    storage = Storage(
        claims={claim.key: claim},
        volumes={volume.name: volume for volume in volumes},
        classes={"c": storage_class},
    )
    return snapshot([node("n1")], [agent("a", claims=(ClaimUse("data"),))], storage=storage)


def test_a_claim_that_is_provisioned_is_told_its_node_before_its_agent_is_bound() -> None:
    provisioned = StorageClass("c", provisioner="csi.example.com", wait_for_first_consumer=True)
    claim, binding = binding_documents(solved(_waiting_claim(provisioned)))
    assert claim["kind"] == "PersistentVolumeClaim"
    assert claim["metadata"] == {"name": "data", "namespace": "default", "annotations": {SELECTED_NODE: "n1"}}
    assert binding["kind"] == "Binding"


def test_a_claim_that_gets_a_volume_is_told_which() -> None:
    local = StorageClass("c", wait_for_first_consumer=True)
    volume = PersistentVolume("pv1", capacity=5, storage_class="c", access_modes=frozenset({"ReadWriteOnce"}))
    claim, _ = binding_documents(solved(_waiting_claim(local, volume)))
    assert claim["spec"] == {"volumeName": "pv1"}


def test_bindings_are_yaml_documents_one_by_one() -> None:
    text = dump(solved(CLUSTER), Format.BINDINGS)
    assert [d["kind"] for d in yaml.safe_load_all(text)] == ["Binding", "Binding"]
    assert text.startswith("---\n")


def test_an_existing_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    write_atomically(str(path), "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_gets_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(str(tmp_path / "plan.json"), "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o640


def test_a_symbolic_link_stays_one_and_its_target_gets_the_text(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old", encoding="utf-8")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write_atomically(str(tmp_path / "link.json"), "new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text(encoding="utf-8") == "new"


def test_what_is_not_a_file_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_atomically(str(pipe), "through")
    reader.join(timeout=10)
    assert read == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_midway_leaves_the_old_file_and_nothing_beside_it(
    fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old", encoding="utf-8")

    def full(_: int) -> None:
        raise fault

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises((InputError, KeyboardInterrupt)) as caught:
        write_atomically(str(path), "new")
    if isinstance(fault, OSError):
        assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        pytest.param("missing/plan.json", "No such file or directory", id="a folder that is not there"),
        pytest.param(".", "Is a directory", id="a folder"),
        pytest.param("f" * 300, "File name too long", id="a name that is too long"),
    ],
)
def test_what_cannot_be_written_is_bad_input(where: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"cannot be written: {message}"):
        write_atomically(str(tmp_path / where), "text")
    assert list(tmp_path.iterdir()) == []
