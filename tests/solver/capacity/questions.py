"""Small questions: types with cpu in cores and prices in units, for the agents of a cluster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from placewright.models.agent import Agent
from placewright.models.ingest.catalog import read_catalog
from placewright.models.node import Node
from placewright.solver.capacity.bins import Bins, make_bins
from placewright.solver.capacity.question import Question, ask
from placewright.tests.builders import snapshot


def kind(name: str, cpu: int, price: int, **fields: Any) -> dict[str, Any]:
    """A type on offer with so many cores."""
    return {"name": name, "price": price, "allocatable": {"cpu": cpu}, **fields}


def question(
    agents: Iterable[Agent], *types: dict[str, Any], nodes: Iterable[Node] = (), **fields: Any
) -> Question:
    """What these agents need of these types, beside nodes that are there; other fields are the catalog's."""
    catalog = read_catalog({"kind": "Catalog", "types": list(types), **fields}).catalog
    return ask(snapshot(nodes, agents), catalog, daemons=catalog.daemons)


def bins(agents: Iterable[Agent], *types: dict[str, Any], **fields: Any) -> Bins:
    """Every kind of node of such a question."""
    return make_bins(question(agents, *types, **fields))


def names(of: Bins) -> list[str]:
    return [kind.name for kind in of.kinds]
