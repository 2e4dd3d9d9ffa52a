"""Label selectors, node selectors, taints and tolerations: pure predicates, no state.

The semantics are those of kube-scheduler: a requirement that the API machinery cannot parse
makes its whole selector (or node selector term) match nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

Labels = Mapping[str, str]

_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_INT64 = re.compile(r"[+-]?[0-9]+")
NODE_NAME_FIELD = "metadata.name"


def is_label_value(value: str) -> bool:
    """True for what the API accepts as a label's value: at most 63 characters of a plain set."""
    return len(value) <= 63 and _LABEL_VALUE.fullmatch(value) is not None


def _int64(text: str) -> int | None:
    """Base-10 int64 as Go's `strconv.ParseInt` reads it, else None."""
    if _INT64.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


class Operator(StrEnum):
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"


@dataclass(frozen=True)
class Requirement:
    """`key operator values`: one line of matchExpressions."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    @cached_property
    def parses(self) -> bool:
        """False for a requirement that the API machinery refuses to build."""
        if self.operator in (Operator.IN, Operator.NOT_IN):
            shaped = bool(self.values)
        elif self.operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
            shaped = not self.values
        else:
            shaped = len(self.values) == 1 and _int64(self.values[0]) is not None
        return shaped and all(is_label_value(value) for value in self.values)

    @cached_property
    def _accepted(self) -> frozenset[str]:
        return frozenset(self.values)

    def matches(self, labels: Labels) -> bool:
        """Whether `labels` meet a requirement that parses; NotIn and DoesNotExist hold for an absent key."""
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value is not None and value in self._accepted
            case Operator.NOT_IN:
                return value is None or value not in self._accepted
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None
        number = None if value is None else _int64(value)
        limit = _int64(self.values[0])
        if number is None or limit is None:
            return False
        return number > limit if self.operator is Operator.GT else number < limit


@dataclass(frozen=True)
class LabelSelector:
    """matchLabels and matchExpressions, ANDed. Empty: every object. A null selector is `None`, not this."""

    requirements: tuple[Requirement, ...] = ()

    @cached_property
    def parses(self) -> bool:
        return all(requirement.parses for requirement in self.requirements)

    @property
    def empty(self) -> bool:
        return not self.requirements

    def matches(self, labels: Labels) -> bool:
        return self.parses and all(requirement.matches(labels) for requirement in self.requirements)

    def keys(self) -> Iterator[str]:
        """The label keys that this selector reads."""
        for requirement in self.requirements:
            yield requirement.key

    def with_requirement(self, requirement: Requirement) -> LabelSelector:
        """This selector AND one more requirement; the same one twice changes nothing."""
        if requirement in self.requirements:
            return self
        return LabelSelector((*self.requirements, requirement))


def match_labels(labels: Labels) -> LabelSelector:
    """The selector that `matchLabels: {...}` means."""
    return LabelSelector(
        tuple(Requirement(key, Operator.IN, (value,)) for key, value in sorted(labels.items()))
    )


@dataclass(frozen=True)
class NodeSelectorTerm:
    """All matchExpressions and all matchFields must hold; a term with neither matches nothing."""

    match_expressions: tuple[Requirement, ...] = ()
    match_fields: tuple[Requirement, ...] = ()

    @cached_property
    def parses(self) -> bool:
        fields_fit = all(
            requirement.operator in (Operator.IN, Operator.NOT_IN) and len(requirement.values) == 1
            for requirement in self.match_fields
        )
        return fields_fit and all(requirement.parses for requirement in self.match_expressions)

    def matches(self, labels: Labels, name: str) -> bool:
        if not (self.match_expressions or self.match_fields) or not self.parses:
            return False
        if not all(requirement.matches(labels) for requirement in self.match_expressions):
            return False
        return all(self._field_matches(requirement, name) for requirement in self.match_fields)

    @staticmethod
    def _field_matches(requirement: Requirement, name: str) -> bool:
        # Only metadata.name is populated; any other field reads as "".
        value = name if requirement.key == NODE_NAME_FIELD else ""
        found = value == requirement.values[0]
        return found if requirement.operator is Operator.IN else not found


@dataclass(frozen=True)
class NodeSelector:
    """nodeSelectorTerms, ORed. No terms: no node."""

    terms: tuple[NodeSelectorTerm, ...] = ()

    def matches(self, labels: Labels, name: str) -> bool:
        return any(term.matches(labels, name) for term in self.terms)

    def keys(self) -> Iterator[str]:
        for term in self.terms:
            for requirement in term.match_expressions:
                yield requirement.key

    @cached_property
    def reads_name(self) -> bool:
        """Whether the answer can differ between nodes with the same labels."""
        return any(term.match_fields for term in self.terms)


class Effect(StrEnum):
    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


REPELLING = frozenset({Effect.NO_SCHEDULE, Effect.NO_EXECUTE})


@dataclass(frozen=True, order=True)
class Taint:
    key: str
    effect: Effect
    value: str = ""

    def __str__(self) -> str:
        """`key: value`, the way kube-scheduler's messages write a taint."""
        return f"{self.key}: {self.value}"


@dataclass(frozen=True, order=True)
class Toleration:
    """An empty key, value or effect is the API's "not given"; `operator` is Equal where it was empty.

    `for_a_time`: who runs leaves some time after a NoExecute taint comes (tolerationSeconds). No filter asks.
    """

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    for_a_time: bool = False

    def tolerates(self, taint: Taint, *, comparison_operators: bool = False) -> bool:
        """kube-scheduler's `ToleratesTaint`; Lt and Gt only with their (alpha) feature gate."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        match self.operator:
            case "Equal":
                return self.value == taint.value
            case "Exists":
                return True
            case "Gt" | "Lt" if comparison_operators:
                return self._compares(taint)
        return False

    def _compares(self, taint: Taint) -> bool:
        mine, theirs = _canonical(self.value), _canonical(taint.value)
        if mine is None or theirs is None:
            return False
        return theirs > mine if self.operator == "Gt" else theirs < mine


def _canonical(text: str) -> int | None:
    """An int64 written without plus sign or leading zeros, else None."""
    number = _int64(text)
    return number if number is not None and str(number) == text else None


@dataclass(frozen=True)
class PreferredNodeTerm:
    weight: int
    term: NodeSelectorTerm


@dataclass(frozen=True)
class AffinityTerm:
    """One pod (anti-)affinity term, with its owner's namespace already resolved into `namespaces`.

    `selector` None matches no agent. `namespace_selector` None adds no namespace, an empty one
    adds all. matchLabelKeys and mismatchLabelKeys are merged into `selector` at ingest.
    """

    topology_key: str
    selector: LabelSelector | None
    namespaces: frozenset[str] = field(default_factory=frozenset)
    namespace_selector: LabelSelector | None = None
