"""How many more agents of a mix fit, exactly, and which rule stands in the way of one more.

The pending agents are placed first. Then copies of the mix are all that is pending, as many as could ever
fit, and one model says how many whole sets of them do. What binds is found by asking again without each rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.agent import Agent
from placewright.models.headroom import Headroom, Kind, Without
from placewright.models.plan import Plan, Status
from placewright.models.rules import RULES
from placewright.models.rules import resources as resources_rule
from placewright.models.rules.base import Rule
from placewright.models.rules.resources import PODS
from placewright.models.snapshot import Snapshot
from placewright.scenarios.copies import Copies
from placewright.scenarios.settle import placed_first
from placewright.solver.bound import level_bound
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray, fitting
from placewright.solver.compile import compile_problem
from placewright.solver.engine import Engine
from placewright.solver.explain import explain_unplaced
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.objectives.sets import Part, SetsObjective
from placewright.solver.outcome import Outcome, outcome
from placewright.solver.problem import Problem
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

MOST_COPIES = 200_000
"""Copies of the mix that are tried at most; more than any cluster of today would hold."""
PLENTY = 2**40
"""So much of a resource that it is no limit."""
FIRST_SHARE = 0.4
"""The part of the time for the question itself; the rest is for what binds."""
LEAST_SECONDS = 0.1
"""What a model gets at least."""
FURTHER = 1000
"""Sets more that are looked for, at most, where a rule is left out."""


@dataclass(frozen=True)
class Wanted:
    """`weight` agents like `agent` in each set; `name` is what it is called."""

    name: str
    agent: Agent
    weight: int = 1


@dataclass(frozen=True)
class _Limits:
    """Seconds, and sets beyond which nobody asks."""

    seconds: float
    sets: int = MOST_COPIES


@dataclass(frozen=True)
class _Room:
    """Room for `sets` and for no more than `bound`.

    `count` (G, N) of `compilation` holds them; `kind` says of each copy which of the mix it is.
    """

    compilation: Compilation
    kind: Mapping[str, int]
    count: IntArray
    sets: int
    bound: int

    @property
    def proven(self) -> bool:
        return self.sets == self.bound


def headroom(
    snapshot: Snapshot,
    mix: Sequence[Wanted],
    settings: Settings | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Headroom | Refused:
    """How many more sets of `mix` fit. The time limit is for all of it but the placing of pending agents.

    Exact: the sets are placed and verified, the bound is proven. `Refused` is an answer that did not verify.
    """
    settings = settings or Settings()
    report = progress or (lambda _: None)
    before = placed_first(snapshot, settings)
    if isinstance(before, Refused):
        return before
    after, outside = before
    deadline = Deadline(settings.time_limit)
    room = _room(after, mix, settings, _Limits(settings.time_limit * FIRST_SHARE))
    kinds = _kinds(room, mix)
    if isinstance(kinds, Refused):
        return kinds
    report(f"room for {room.sets} (bound {room.bound})")
    binding = tuple(_binding(after, mix, settings, deadline, room))
    return Headroom(
        sets=room.sets,
        bound=room.bound,
        proven=room.proven,
        verdict=_verdict(mix, room, binding),
        mix=kinds,
        binding=binding,
        outside=outside,
        warnings=snapshot.warnings,
        notes=snapshot.notes,
    )


def _room(
    snapshot: Snapshot, mix: Sequence[Wanted], settings: Settings, limits: _Limits, without: str = ""
) -> _Room:
    """The most sets that fit, with every rule but the one named `without`."""
    deadline = Deadline(limits.seconds)
    asking = _Asking(
        snapshot,
        mix,
        tuple(rule for rule in RULES if rule.name != without),
        tuple(encoder for encoder in ENCODERS if encoder.rule != without),
    )
    most = min(limits.sets, asking.most())
    compilation, problem, kind = asking.compiled(most)
    bound = min(most, level_bound(problem, 0, ()))
    if bound < most:
        # The relaxation tells how many are worth trying: fewer copies are a smaller model.
        compilation, problem, kind = asking.compiled(max(0, bound))
    count = np.zeros_like(problem.cap)
    if bound <= 0:
        return _Room(compilation, kind, count, 0, 0)
    answer = Engine(problem, settings).optimise(0, count, max(LEAST_SECONDS, deadline.remaining()))
    if answer.bound is not None:
        bound = min(bound, answer.bound)
    if answer.count is not None:
        count = answer.count
    return _Room(compilation, kind, count, problem.levels[0].value(count), bound)


@dataclass(frozen=True)
class _Asking:
    """The mix on a cluster as problems of any number of sets."""

    snapshot: Snapshot
    mix: Sequence[Wanted]
    rules: tuple[Rule, ...]
    encoders: tuple[type[Encoder], ...]

    def compiled(self, sets: int) -> tuple[Compilation, Problem, Mapping[str, int]]:
        """`sets` copies of the mix as a problem about whole sets only; and each copy's kind, by key."""
        copies = Copies(self.snapshot)
        kind: dict[str, int] = {}
        agents: list[Agent] = []
        for i, wanted in enumerate(self.mix):
            own = list(copies.of(wanted.agent, wanted.weight * sets))
            kind.update({agent.key: i for agent in own})
            agents.extend(own)
        asked = replace(self.snapshot, agents=(*self.snapshot.agents, *agents), storage=copies.storage)
        compilation, problem = compile_problem(asked, rules=self.rules, encoders=self.encoders, stages=())
        level = SetsObjective(self._parts(compilation, kind), sets)
        return compilation, replace(problem, levels=(level,)), kind

    def _parts(self, compilation: Compilation, kind: Mapping[str, int]) -> tuple[Part, ...]:
        """The groups of each kind. Kinds that no rule tells apart share their groups, and are one part."""
        same = list(range(len(self.mix)))
        for group in compilation.groups:
            there = {same[kind[agent.key]] for agent in group.members if agent.key in kind}
            same = [min(there) if i in there else i for i in same]
        groups: dict[int, list[int]] = {i: [] for i in same}
        for g, group in enumerate(compilation.groups):
            if group.agent.key in kind:
                groups[same[kind[group.agent.key]]].append(g)
        weights = Counter[int]()
        for wanted, part in zip(self.mix, same, strict=True):
            weights[part] += wanted.weight
        return tuple(Part(tuple(own), weights[part]) for part, own in groups.items())

    def most(self) -> int:
        """Sets that cannot be exceeded by what each node could hold of each kind alone."""
        compilation, problem, kind = self.compiled(1)
        amounts = compilation.amounts
        plenty = np.full(len(compilation.groups), MOST_COPIES, dtype=np.int64)
        room = fitting(amounts.request, amounts.free, plenty, problem.cap > 0).sum(axis=1)
        per_set = sum(wanted.weight for wanted in self.mix)
        parts = self._parts(compilation, kind)
        found = (int(room[list(part.groups)].max(initial=0)) // part.weight for part in parts)
        return min(MOST_COPIES // per_set, *found)


def _kinds(room: _Room, mix: Sequence[Wanted]) -> tuple[Kind, ...] | Refused:
    """What there is of each kind, where, and why not one more. Every rule is asked about the placement."""
    snapshot = room.compilation.snapshot
    made = outcome(room.compilation, room.count)
    devices = hand_out_devices(snapshot, made.steps) or {}
    broken = tuple(v for rule in RULES for v in rule.violations(made.state(snapshot, devices)))
    if broken:
        return Refused(Plan(status=Status.INVALID), broken)
    return tuple(_kind(room, made, devices, i, wanted) for i, wanted in enumerate(mix))


def _kind(
    room: _Room, made: Outcome, devices: Mapping[str, tuple[int, ...]], index: int, wanted: Wanted
) -> Kind:
    snapshot = room.compilation.snapshot
    copies = Copies(snapshot)
    [further] = copies.of(wanted.agent, 1)
    asked = replace(snapshot, agents=(*snapshot.agents, further), storage=copies.storage)
    [told] = explain_unplaced(asked, made.state(asked, devices), [further], proven=room.proven)
    there = Counter(node.name for agent, node in made.steps if room.kind[agent.key] == index)
    return Kind(
        template=wanted.name,
        weight=wanted.weight,
        agents=wanted.weight * room.sets,
        message=told.message,
        nodes={node.name: there[node.name] for node in snapshot.nodes if there[node.name]},
    )


def _binding(
    snapshot: Snapshot, mix: Sequence[Wanted], settings: Settings, deadline: Deadline, room: _Room
) -> Iterator[Without]:
    """What would make room for more if it did not hold, the most first: each asked by itself."""
    asked = [*_resources(mix), *_rules(snapshot, mix)]
    found = []
    for done, name in enumerate(asked):
        limits = _Limits(deadline.remaining() / (len(asked) - done), room.sets + FURTHER)
        resource = name.removeprefix(RESOURCE) if name.startswith(RESOURCE) else ""
        other = _room(_plentiful(snapshot, resource), mix, settings, limits, without="" if resource else name)
        if other.sets > room.sets:
            # Beyond the limit nobody has looked.
            proven = other.proven and other.sets < limits.sets
            found.append(Without(rule=name, sets=other.sets, more=other.sets - room.sets, proven=proven))
    yield from sorted(found, key=lambda item: (-item.more, item.rule))


RESOURCE = f"{resources_rule.RULE.name}: "
"""How a single resource is named among rules."""


def _resources(mix: Sequence[Wanted]) -> list[str]:
    asked = dict.fromkeys(name for wanted in mix for name, n in wanted.agent.spec.requests.items() if n)
    return [f"{RESOURCE}{name}" for name in (*sorted(asked), PODS)]


def _plentiful(snapshot: Snapshot, resource: str) -> Snapshot:
    """The same cluster where each node has plenty of a resource; "" is none."""
    if not resource:
        return snapshot
    nodes = (replace(n, allocatable={**n.allocatable, resource: PLENTY}) for n in snapshot.nodes)
    return replace(snapshot, nodes=tuple(nodes))


def _rules(snapshot: Snapshot, mix: Sequence[Wanted]) -> list[str]:
    """The rules, but for resources, that say something about the mix on this cluster."""
    _, problem, _ = _Asking(snapshot, mix, RULES, ENCODERS).compiled(1)
    names = {encoder.rule for encoder in problem.encoders}
    for wanted in mix:
        [copy] = Copies(snapshot).of(wanted.agent, 1)
        for rule in RULES:
            if rule.name not in names:
                refuses = (rule.admits(snapshot, copy, node) is not None for node in snapshot.nodes)
                names |= {rule.name} if any(refuses) else set()
    return [rule.name for rule in RULES if rule.name in names and rule is not resources_rule.RULE]


def _verdict(mix: Sequence[Wanted], room: _Room, binding: Sequence[Without]) -> str:
    """In one line: how many, what is known of that, and what binds."""
    unit = "set" if room.sets == 1 else "sets"
    fits = f"room for {room.sets} more {unit} of {sum(wanted.weight for wanted in mix)} agents"
    if len(mix) == 1 and mix[0].weight == 1:
        fits = f"room for {room.sets} more like {mix[0].name}"
    if not room.proven:
        return f"{fits}; for {room.bound} at most"
    if not binding:
        return f"{fits}, proven; no single rule binds, several do at once"
    first = binding[0]
    more = f"{first.more} further" if first.proven else f"{first.more} further or more"
    return f"{fits}, proven; {first.rule} binds most: without it {more}"
