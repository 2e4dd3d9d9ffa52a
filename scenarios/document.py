"""A scenario as it is written, and as it is read: checked, with parameters filled in, one case a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field

from placewright.models.errors import InputError, UsageError
from placewright.models.ingest.load import one_line
from placewright.models.reading.display import printable, shown
from placewright.models.reading.documents import parse_documents
from placewright.models.reading.files import Skipped, read_blobs
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import Strict
from placewright.models.wire.faults import parse_strict
from placewright.scenarios.parameters import (
    MOST_CASES,
    AnyValue,
    ParameterName,
    Range,
    Value,
    combinations,
    references,
    substituted,
    written,
)
from placewright.scenarios.steps import Step

UNCHANGED = "as it is"
"""The name of the case that changes nothing."""


class ScenarioWire(Strict):
    """A what-if question: operations on a cluster, in their order."""

    api_version: Literal["placewright.io/v1"] = "placewright.io/v1"
    kind: Literal["Scenario"] = "Scenario"
    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: str = ""
    parameters: dict[ParameterName, AnyValue] = Field(default_factory=dict)
    """Values that operations refer to as `${name}`."""
    sweep: dict[ParameterName, Annotated[list[AnyValue], Field(min_length=1)] | Range] = Field(
        default_factory=dict
    )
    """Values that a parameter goes through, as a list or as from, to and step: one case for each."""
    rearrange: bool = False
    """Running agents may move as well; else they stay where they are."""
    operations: list[Step] = Field(default_factory=list)


class _Raw(ScenarioWire):
    """The same before parameters are filled in."""

    operations: list[Any] = Field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One question: a scenario with one value for each parameter. `parameters` are those that are swept."""

    scenario: str
    source: str
    steps: tuple[Step, ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict)
    rearrange: bool = False

    @property
    def name(self) -> str:
        """`double`, or `growth (factor=1.5)`."""
        if not self.parameters:
            return self.scenario
        values = ", ".join(f"{name}={written(value)}" for name, value in self.parameters.items())
        return f"{self.scenario} ({values})"

    def applied(self, snapshot: Snapshot) -> Snapshot:
        """The cluster that the case is about. Raises InputError that names the operation."""
        for i, step in enumerate(self.steps):
            try:
                snapshot = step.operation.apply(snapshot)
            except InputError as error:
                # What an operation reads itself (a profile) has a source and a subject of its own.
                inner = replace(error, message=str(error), source="", subject="", field="")
                where = f"operations[{i}].{step.name}"
                raise one_line(
                    inner.located(source=self.source, subject=f"scenario {self.name}", field=where)
                ) from None
        return snapshot


def read_cases(paths: Sequence[str], given: Mapping[str, str] | None = None) -> list[Case]:
    """The cases of every scenario in the files, in their order; `given` values override parameters.

    Raises InputError for what is wrong with a file, and for two scenarios of one name.
    """
    cases: list[Case] = []
    names: dict[str, str] = {}
    used: set[str] = set()
    for source, document in _documents(paths):
        try:
            found = _cases(document, source, given or {}, used)
        except InputError as error:
            name = document.get("name")
            subject = f"scenario {printable(name)[:80]}" if isinstance(name, str) and name else ""
            raise one_line(error.located(source=source, subject=subject)) from None
        name = found[0].scenario
        if name in names or name == UNCHANGED:
            where = f"also in {names[name]}" if name in names else "the cluster's own"
            raise InputError(f"the name is taken, {where}", source=source, subject=f"scenario {name}")
        names[name] = source
        cases.extend(found)
    for name in given or {}:
        if name not in used:
            raise UsageError(f"no scenario has a parameter {shown(name)}", field="--set")
    return cases


def _documents(paths: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document with where it stands. A bare list of operations is a scenario named after its file."""
    found = False
    for blob in read_blobs(paths, None, Skipped()):
        documents = parse_documents(blob.data, blob.source, blob.path)
        for i, document in enumerate(documents):
            found = True
            source = blob.source if len(documents) == 1 else f"{blob.source}[{i}]"
            if isinstance(document, list):
                yield source, {"name": _stem(blob.path), "operations": document}
            elif isinstance(document, dict):
                yield source, document
            else:
                raise InputError(
                    f"expected a scenario or a list of operations, found {shown(document)}", source=source
                )
    if not found:
        raise InputError("holds no scenario", source=", ".join(paths))


def _stem(path: PurePosixPath) -> str:
    return path.stem or str(path)


def _cases(document: dict[str, Any], source: str, given: Mapping[str, str], used: set[str]) -> list[Case]:
    wire = parse_strict(_Raw, document)
    declared = {**wire.parameters, **wire.sweep}
    for name in declared:
        if name not in set(references(document.get("operations"))):
            where = "sweep" if name in wire.sweep else "parameters"
            raise InputError(f"no operation refers to ${{{name}}}", field=f"{where}.{name}")
    used.update(name for name in declared if name in given)
    fixed = {name: _read(given[name]) for name in declared if name in given}
    sweep = {name: axis for name, axis in wire.sweep.items() if name not in fixed}
    cases = []
    for values in combinations(sweep):
        steps = _steps(wire.operations, {**wire.parameters, **fixed, **values})
        cases.append(Case(wire.name, source, steps, values, wire.rearrange))
        if len(cases) > MOST_CASES:
            raise InputError(f"comes to more than {MOST_CASES} cases", field="sweep")
    return cases


def _steps(operations: list[Any], values: Mapping[str, Value]) -> tuple[Step, ...]:
    filled = substituted(operations, values, "operations")
    return tuple(parse_strict(_Steps, {"operations": filled}).operations)


class _Steps(Strict):
    operations: list[Step]


def _read(text: str) -> Value:
    """A value from the command line: a number where it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)
