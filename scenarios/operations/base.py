"""What operations share: how they are written, how they say what they are about, and their errors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from placewright.models.agent import Agent
from placewright.models.errors import InputError
from placewright.models.node import Node
from placewright.models.selector import LabelSelector as Selector
from placewright.models.selector import Operator, Requirement, match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import Labels, Namespace, Strict, refused, unfit
from placewright.models.wire.concise_terms import LabelSelector

ZONE = "topology.kubernetes.io/zone"

Glob = Annotated[str, Field(min_length=1, max_length=253)]
"""A name; `*` stands for any text, `?` for any one character."""


class Operation(Strict):
    """One change of a snapshot, as it is written in a scenario. Composed by applying one after the other."""

    @abstractmethod
    def apply(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the change made. Raises InputError where there is nothing to change."""


def _factor(value: Any) -> Fraction:
    expected = "a factor such as 2 or 1.25 (at most 1000)"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refused(expected, value)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise refused(expected, value) from None
    if not number.is_finite() or not 0 <= number <= 1000:
        raise refused(expected, value)
    return Fraction(number)


Factor = Annotated[
    Any,
    PlainValidator(_factor),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1000, "examples": [2, 1.25]}),
]
"""An exact Fraction."""


def scaled(amount: int, factor: Fraction) -> int:
    """`amount` times `factor`, rounded up: what is asked for is never made too small."""
    return -(-amount * factor.numerator // factor.denominator)


class Labelled(Strict):
    """A choice by labels; everything that is given must hold."""

    match_labels: Labels = Field(default_factory=dict)
    """Labels that must be there; short for a labelSelector of them."""
    label_selector: LabelSelector | None = None
    """Kubernetes' selector over labels."""

    @property
    def selector(self) -> Selector:
        """Both as one."""
        own = match_labels(self.match_labels).requirements
        if self.label_selector is None:
            return Selector(own)
        written = self.label_selector
        further = (
            Requirement(r.key, Operator(r.operator), tuple(r.values)) for r in written.match_expressions
        )
        return Selector((*own, *match_labels(written.match_labels).requirements, *further))


class AgentChoice(Labelled):
    """Agents: those for which everything that is given holds; all agents where nothing is given."""

    namespace: Namespace | None = None
    """Left out: every namespace."""
    names: list[Glob] = Field(default_factory=list)
    """Names, of which one must match; `*` and `?` as in a shell."""

    def agents(self, snapshot: Snapshot) -> list[Agent]:
        """The chosen agents that have not ended, in the snapshot's order. Raises InputError where none is."""
        selector = self.selector
        found = [
            agent
            for agent in snapshot.agents
            if not agent.terminal
            and self.namespace in (None, agent.namespace)
            and (not self.names or named(agent.name, self.names))
            and selector.matches(agent.labels)
        ]
        if not found:
            raise InputError("chooses no agent of the cluster")
        return found


class NodeChoice(Labelled):
    """Nodes: those for which everything that is given holds. Something must be given."""

    names: list[Glob] = Field(default_factory=list)
    """Names, of which one must match; `*` and `?` as in a shell."""
    zone: str | None = None
    """Short for the label topology.kubernetes.io/zone."""

    @model_validator(mode="after")
    def _fits(self) -> NodeChoice:
        if not (self.names or self.zone or self.match_labels or self.label_selector):
            raise unfit("which nodes? give names, zone, matchLabels or labelSelector")
        return self

    def nodes(self, snapshot: Snapshot) -> list[Node]:
        """The chosen nodes, in the snapshot's order. Raises InputError where there is none."""
        selector = self.selector
        found = [
            node
            for node in snapshot.nodes
            if (not self.names or named(node.name, self.names))
            and self.zone in (None, node.labels.get(ZONE))
            and selector.matches(node.labels)
        ]
        if not found:
            raise InputError("chooses no node of the cluster")
        return found


def named(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name is one of some patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
