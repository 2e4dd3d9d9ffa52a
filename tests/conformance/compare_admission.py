"""What becomes of new agents at admission, held against the API server's own plugins and validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from placewright.models.agent import Agent
from placewright.models.rules.quota import unspecified_keys
from placewright.models.rules.quota_usage import agent_usage, in_scope
from placewright.models.snapshot import Snapshot
from placewright.tests.conformance.compare import Difference

LENIENT = ("HugePages require cpu or memory",)
"""What the API server refuses and placewright takes: it has nothing to do with where the agent fits."""


@dataclass
class Admissions:
    """What was compared, and what differs."""

    namespaces: int = 0
    admitted: int = 0
    refused: int = 0
    differences: list[Difference] = field(default_factory=list)


def compare_admission(
    seed: int, snapshot: Snapshot, answers: Iterable[dict[str, Any]], found: Admissions
) -> None:
    """Each new agent of a namespace: whether it is refused, what it asks for, and what quotas charge."""
    found.namespaces += 1
    for answer in answers:
        agent = snapshot.agent_by_key[answer["pod"]]
        errors = [e for e in answer["errors"] or () if not any(text in e for text in LENIENT)]
        if bool(errors) is not bool(agent.refusal):
            differs = [("admission", agent.refusal or "takes it", "; ".join(errors) or "takes it")]
        elif errors or answer["errors"]:
            found.refused += 1
            continue
        else:
            found.admitted += 1
            differs = list(_differing(snapshot, agent, answer))
        found.differences += [Difference(seed, agent.key, "", *said) for said in differs]


def _differing(snapshot: Snapshot, agent: Agent, answer: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    spec = agent.spec
    for what, ours in (("requests", spec.requests), ("limits", spec.limits)):
        theirs = {name: amount for name, amount in answer[what].items() if amount}
        if theirs != dict(ours):
            yield what, str(ours), str(theirs)
    if spec.qos != answer["qos"]:
        yield "QoS class", spec.qos, answer["qos"]
    for quota in snapshot.quotas:
        theirs = answer["quotas"].get(quota.name)
        if (theirs is not None) is not in_scope(quota, agent):
            yield f"scope of {quota.name}", str(theirs is None), str(theirs is not None)
        elif theirs is not None:
            for key in quota.hard:
                if theirs["usage"].get(key, 0) != agent_usage(agent, key):
                    yield f"usage of {key}", str(agent_usage(agent, key)), str(theirs["usage"].get(key, 0))
            if bool(theirs["missing"]) is not bool(unspecified_keys(quota, agent)):
                yield "what containers must say", str(unspecified_keys(quota, agent)), theirs["missing"]
