"""Snapshots of documents in the concise form."""

from __future__ import annotations

import io

from placewright.models.agent import Agent
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.snapshot import Snapshot

NODE = "nodes: [{name: n, allocatable: {cpu: 4, memory: 8Gi}}]\n"


def load(text: str) -> Snapshot:
    return load_snapshot(["-"], Options(), stdin=io.BytesIO(text.encode()))


def one_agent(fields: str, more: str = "") -> Agent:
    (agent,) = load(f"{NODE}{more}\nagents: [{{name: a, {fields}}}]").agents
    return agent
