"""Lists taken apart: `kind: List`, typed lists such as `PodList`, raw arrays, in any nesting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import orjson

from placewright.models.errors import InputError
from placewright.models.reading import limits
from placewright.models.reading.display import shown

_KIND_OF_FILE = {
    "cronjobs": "CronJob",
    "csinodes": "CSINode",
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "jobs": "Job",
    "limitranges": "LimitRange",
    "namespaces": "Namespace",
    "nodes": "Node",
    "pod-disruption-budgets": "PodDisruptionBudget",
    "pods": "Pod",
    "priority-classes": "PriorityClass",
    "pvcs": "PersistentVolumeClaim",
    "pvs": "PersistentVolume",
    "replicasets": "ReplicaSet",
    "resource-quotas": "ResourceQuota",
    "services": "Service",
    "statefulsets": "StatefulSet",
    "storage-classes": "StorageClass",
}
"""What a support bundle's raw arrays hold: their objects do not say it themselves."""


def flatten(document: Any, source: str, path: PurePosixPath) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, object) for every object in a document, in the order written.

    An object of a list is at `source items[3]`. Raises InputError for what no object can be.
    """
    if isinstance(document, list):
        for where, item, kind, version in reversed(_items(source, document, kind_of_file(path), "", "")):
            yield from flatten_item(where, item, kind, version)
    else:
        yield from flatten_item(source, document)


def flatten_item(
    where: str, document: Any, kind: str = "", version: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, object) for every object of a value that is an object, or a list of them.

    `kind` and `version` are what an object is that does not say it: the list that holds it does.
    """
    # A stack and not recursion: how deep lists nest is the input's choice.
    pending: list[tuple[str, Any, str, str]] = [(where, document, kind, version)]
    while pending:
        where, value, kind, version = pending.pop()
        if not isinstance(value, dict):
            raise InputError(f"expected an object (a mapping), found {shown(value)}", source=where)
        if is_list(value, where):
            pending.extend(_items(where, *list_parts(value, where)))
        else:
            yield where, _typed(value, kind, version, where)


def _items(
    where: str, items: list[Any], kind: str, version: str, path: str
) -> list[tuple[str, Any, str, str]]:
    """Work for the stack: last first."""
    numbered = [
        (f"{where} {path}[{i}]" if path else f"{where} [{i}]", item, kind, version)
        for i, item in enumerate(items)
    ]
    numbered.reverse()
    return numbered


def kind_of_file(path: PurePosixPath) -> str:
    """What the objects of a raw array are that do not say it, by the file's place in a support bundle."""
    return _KIND_OF_FILE.get(path.stem) or _KIND_OF_FILE.get(path.parent.name, "")


def is_list(document: dict[str, Any], where: str) -> bool:
    """Whether this is a list of objects and not an object. Raises InputError for a kind that is no string."""
    kind = document.get("kind")
    if kind is not None and not isinstance(kind, str):
        raise InputError(f"expected a string, found {shown(kind)}", source=where, field="kind")
    if kind is None or not kind.endswith("List"):
        return False
    if kind == "List" or "items" in document:
        return True
    # A custom resource may be called AllowList; a list without items has nothing but metadata.
    return document.keys() <= {"kind", "apiVersion", "metadata"} and "name" not in (
        document.get("metadata") or {}
    )


def list_parts(document: dict[str, Any], where: str) -> tuple[list[Any], str, str, str]:
    """The items of a list, the kind and apiVersion of those that have none, and the field that holds them."""
    items = document.get("items")
    if items is None:
        items = []
    if not isinstance(items, list):
        raise InputError(
            f"expected a list, found {shown(items)}", source=where, subject=document["kind"], field="items"
        )
    version = document.get("apiVersion")
    kind = document["kind"].removesuffix("List")
    return items, kind, version if isinstance(version, str) and kind else "", "items"


def _typed(document: dict[str, Any], kind: str, version: str, where: str) -> dict[str, Any]:
    """The object with `kind` and `apiVersion` filled in from the list that held it."""
    given = document.get("apiVersion")
    if given is not None and not isinstance(given, str):
        raise InputError(f"expected a string, found {shown(given)}", source=where, field="apiVersion")
    _bounded_depth(document, where)
    if kind and not document.get("kind"):
        return {**document, "kind": kind, "apiVersion": given or version}
    return document


def _bounded_depth(document: dict[str, Any], where: str) -> None:
    try:
        orjson.dumps(document)  # gives up beyond 254 levels: the cheapest walk there is
    except TypeError as error:
        if "surrogates" in str(error):
            raise InputError(
                "holds an escape that stands for no character (a lone surrogate)", source=where
            ) from None
        raise InputError(f"nested more than {limits.MAX_DEPTH} levels deep", source=where) from None
