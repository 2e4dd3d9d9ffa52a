"""Small Kubernetes objects for tests of ingest: each names only what it is about."""

from __future__ import annotations

from typing import Any

from placewright.models.agent import Agent
from placewright.models.ingest.cluster import build_snapshot
from placewright.models.options import Options
from placewright.models.reader import RawObject
from placewright.models.snapshot import Snapshot

Object = dict[str, Any]


def obj(kind: str, name: str = "x", **fields: Any) -> Object:
    """An object of a kind; `meta` adds to its metadata."""
    meta = fields.pop("meta", {})
    return {"apiVersion": fields.pop("api", "v1"), "kind": kind, "metadata": {"name": name, **meta}, **fields}


def container(name: str = "main", *, limits: Object | None = None, **requests: Any) -> Object:
    """A container; keyword arguments are requests."""
    return {"name": name, "resources": {"requests": requests, "limits": limits or {}}}


def pod(
    name: str = "p",
    *containers: Object,
    meta: Object | None = None,
    status: Object | None = None,
    **spec: Any,
) -> Object:
    """A Pod; keyword arguments go to its spec."""
    extra = {"status": status} if status is not None else {}
    return obj(
        "Pod", name, meta=meta or {}, spec={"containers": list(containers) or [container()], **spec}, **extra
    )


def node(
    name: str = "n1", *, meta: Object | None = None, spec: Object | None = None, **allocatable: Any
) -> Object:
    have = {"cpu": "4", "memory": "8Gi", "pods": "110", **allocatable}
    return obj("Node", name, meta=meta or {}, spec=spec or {}, status={"allocatable": have})


def build(*objects: Object, expand: bool = False, **options: Any) -> Snapshot:
    """A snapshot of these objects."""
    raws = [RawObject("test.yaml", o) for o in objects]
    return build_snapshot(raws, Options(**options), expand_workloads=expand)


def agent_of(document: Object, *others: Object) -> Agent:
    """The agent that one Pod becomes."""
    name = f"{document['metadata'].get('namespace', 'default')}/{document['metadata']['name']}"
    return build(document, *others).agent_by_key[name]
