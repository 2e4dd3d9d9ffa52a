"""Whom `--agent` means: an agent of the cluster, or one that is written in a file; how many in a set."""

from __future__ import annotations

import os
import re

from placewright.models.errors import InputError, UsageError
from placewright.models.ingest.load import load_snapshot
from placewright.models.snapshot import Snapshot
from placewright.scenarios.headroom import Wanted
from placewright.solver.explain import find_agent
from placewright.solver.groups import group_agents

_WEIGHTED = re.compile(r"(?P<name>.*)=(?P<weight>[0-9]{1,6})")
OPTION = "--agent"


def wanted(snapshot: Snapshot, text: str) -> Wanted:
    """`shop/cart-0`, `web.yaml` or either with `=3`: so many of it in each set. Raises InputError."""
    found = _WEIGHTED.fullmatch(text)
    name, weight = (found["name"], int(found["weight"])) if found else (text, 1)
    if weight < 1:
        raise UsageError(f"expected a number of at least 1 behind =, found {text!r}", field=OPTION)
    if not os.path.isfile(name):
        agent = find_agent(snapshot, name)
        return Wanted(agent.key, agent, weight)
    read = load_snapshot([name], snapshot.options)
    kinds = group_agents(read, read.agents)
    if len(kinds) != 1 or read.nodes:
        there = f"{len(kinds)} kinds of agents" + (" and nodes" if read.nodes else "")
        raise InputError(f"expected one kind of agent and nothing else, found {there}", source=name)
    return Wanted(name, kinds[0].agent, weight)
