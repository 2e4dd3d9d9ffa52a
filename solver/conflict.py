"""The fewest rules that keep some agents from being placed together: a minimal conflict.

Each rule is asked of each group of agents by itself, under an assumption: the model of one such pair is that
of the rule where everybody else's profile has it switched off, so that a conflict means what profiles mean.
Rules that no profile can switch off and that are about several agents are asked of all at once. CP-SAT names
assumptions that cannot all hold; members are then taken out one by one while the rest still conflicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.agent import AgentSpec
from placewright.models.profile import Profile
from placewright.models.repair import Conflict, Member
from placewright.models.rules import RULES, devices, inter_agent_affinity
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.device_slots import PREFIX
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.settings import Settings
from placewright.solver.sound import sound_solver
from placewright.solver.variables import Literal, Variables

SWITCHED = frozenset(
    {
        "NodeUnschedulable",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
        "PodTopologySpread",
        "InterPodAffinity",
    }
)
"""Plugins whose filter a profile may switch off; those of volumes are one decision for all agents."""
_SWITCHED_RULES = frozenset(rule.name for rule in RULES if rule.plugin in SWITCHED)
_JOINT_RULES = frozenset(encoder.rule for encoder in ENCODERS) - _SWITCHED_RULES
_SOLVE_SHARE = 0.5
"""The part of the time left that one solve may take."""


@dataclass(frozen=True)
class _Assumption:
    rule: str
    group: int | None


def asked_of_all(snapshot: Snapshot) -> frozenset[str]:
    """The rules that are asked of all agents at once.

    Inter-agent affinity is one of them where somebody needs company: who came first is a question about all
    who lean on each other.
    """
    if any(agent.spec.affinity for agent in snapshot.pending):
        return _JOINT_RULES | {inter_agent_affinity.RULE.name}
    return _JOINT_RULES


class Unknown(Exception):  # noqa: N818 - an answer, not a fault
    """Time ran out before it was known."""


def conflict(snapshot: Snapshot, settings: Settings, last: str = "") -> Conflict | None:
    """Why the pending agents cannot all be placed; None where they can. Raises Unknown.

    A conflict of the rules of the agent `last` (a key) alone comes before one with those of others. The time
    limit is for all of it.
    """
    model = _Model(snapshot, settings, Deadline(settings.time_limit))
    own = model.group_of(last)
    core = model.core([a for a in model.assumptions if a.group in (own, None)]) if own is not None else None
    if core is None:
        core = model.core(model.assumptions)
    return None if core is None else _minimal(model, core, own)


def _minimal(model: _Model, core: Sequence[_Assumption], own: int | None) -> Conflict:
    """The conflict without what it does not need."""
    minimal = True
    kept: list[_Assumption] = []
    # What is tried last is kept rather than what is tried first.
    waiting = sorted(core, key=lambda a: (a.group == own, model.assumptions.index(a)))
    while waiting:
        tried, *rest = waiting
        try:
            smaller = model.core([*rest, *kept])
        except Unknown:
            smaller, minimal = None, False
        if smaller is None:
            kept.append(tried)
            waiting = rest
        else:
            waiting = [assumption for assumption in rest if assumption in smaller]
    return Conflict(members=tuple(model.member(a) for a in model.assumptions if a in kept), minimal=minimal)


class _Model:
    """Every agent must be placed; each rule holds where its assumption does."""

    def __init__(self, snapshot: Snapshot, settings: Settings, deadline: Deadline) -> None:
        self._settings, self._deadline = settings, deadline
        self._compilation, problem = compile_problem(snapshot, rules=())
        self._groups = self._compilation.groups
        size = self._compilation.size
        self._cap: IntArray = np.repeat(size[:, None], len(snapshot.nodes), axis=1)
        self._cp = cp_model.CpModel()
        self._x = Variables(self._cp, self._cap, size)
        self._literals: dict[_Assumption, Literal] = {}
        self._joint = asked_of_all(snapshot)
        for g in range(len(self._groups)):
            self._cp.add(self._x.sum([g]) == int(size[g]))
            self._add_filters(snapshot, g)
        for encoder in problem.encoders:
            if encoder.rule in self._joint:
                self._add_encoder(encoder, None)
            elif isinstance(encoder, ResourcesEncoder):
                self._add_encoder(encoder.only(self._shares), None, devices.RULE.name)
        for g in range(len(self._groups)):
            for encoder in self._encoders_for(snapshot, g):
                self._add_encoder(encoder, g)

    @property
    def assumptions(self) -> list[_Assumption]:
        """Every rule that says something, in the order in which they were met."""
        return list(self._literals)

    def group_of(self, key: str) -> int | None:
        """The group that an agent is in."""
        return next(
            (g for g, group in enumerate(self._groups) if key in {a.key for a in group.members}), None
        )

    def member(self, assumption: _Assumption) -> Member:
        """An assumption by its names."""
        agents = () if assumption.group is None else self._groups[assumption.group].members
        return Member(rule=assumption.rule, agents=tuple(agent.key for agent in agents))

    def core(self, assumed: Sequence[_Assumption]) -> list[_Assumption] | None:
        """Assumptions among these that cannot all hold; None where they can. Raises Unknown."""
        if self._deadline.passed:
            raise Unknown
        self._cp.clear_assumptions()
        self._cp.add_assumptions([self._literals[a] for a in assumed])
        solver = sound_solver()
        parameters = solver.parameters
        # Cores are found by one worker only.
        parameters.num_workers = 1
        parameters.random_seed = self._settings.seed
        parameters.catch_sigint_signal = False
        parameters.max_time_in_seconds = self._deadline.remaining() * _SOLVE_SHARE
        status = solver.solve(self._cp)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        if status != cp_model.INFEASIBLE:
            raise Unknown
        named = set(solver.sufficient_assumptions_for_infeasibility())
        return [a for a in assumed if self._literals[a].index in named]

    def _literal(self, rule: str, group: int | None) -> Literal:
        key = _Assumption(rule, group)
        if key not in self._literals:
            self._literals[key] = self._cp.new_bool_var(f"{rule}[{group}]")
        return self._literals[key]

    def _add_filters(self, snapshot: Snapshot, g: int) -> None:
        """What each rule says of the group and a node alone."""
        agent = self._groups[g].agent
        for rule in RULES:
            refused = [
                n for n, node in enumerate(snapshot.nodes) if rule.admits(snapshot, agent, node) is not None
            ]
            if refused:
                literal = self._literal(rule.name, None if rule.name in self._joint else g)
                self._cp.add(self._x.sum([g], refused) == 0).only_enforce_if(literal)

    def _encoders_for(self, snapshot: Snapshot, g: int) -> Iterator[Encoder]:
        """The rules that are asked of each group by itself, asked of this one alone."""
        compilation, problem = compile_problem(_asked_alone(snapshot, self._compilation, g), rules=())
        same = [group.agent.key for group in compilation.groups] == [x.agent.key for x in self._groups]
        if not same:
            raise RuntimeError("profiles that differ in filters only have split groups otherwise")
        for encoder in problem.encoders:
            if encoder.rule in self._joint:
                continue
            if isinstance(encoder, ResourcesEncoder):
                yield encoder.only([not shares for shares in self._shares])
            else:
                yield encoder

    @property
    def _shares(self) -> list[bool]:
        """Which of the amounts on nodes are what shares of devices add up to: those are of another rule."""
        return [name.startswith(PREFIX) for name in self._compilation.resources]

    def _add_encoder(self, encoder: Encoder, g: int | None, rule: str = "") -> None:
        """An encoder's constraints, each under the assumption that its rule, or `rule`, holds."""
        before = len(self._cp.proto.constraints)
        tight = encoder.tighten(self._cap.copy())
        for h, n in np.argwhere(tight < self._cap).tolist():
            self._cp.add(self._x.x(h, n) <= int(tight[h, n]))
        encoder.encode(self._x.anew())
        added = range(before, len(self._cp.proto.constraints))
        if added:
            index = self._literal(rule or encoder.rule, g).index
            for i in added:
                self._cp.proto.constraints[i].enforcement_literal.append(index)


def _asked_alone(snapshot: Snapshot, compilation: Compilation, g: int) -> Snapshot:
    """The snapshot in which other groups' pending agents are asked by no rule that can be switched off."""
    own = {agent.key for agent in compilation.groups[g].members}
    pending = {agent.key for agent in snapshot.pending}
    profiles: dict[str, Profile] = {}
    specs: dict[tuple[int, str], AgentSpec] = {}
    agents = []
    for agent in snapshot.agents:
        if agent.key not in pending:
            agents.append(agent)
            continue
        asked = agent.key in own
        name = f"{agent.spec.scheduler_name}/{'asked' if asked else 'free'}"
        if name not in profiles:
            profile = snapshot.profile_of(agent)
            off = profile.off if asked else profile.off | SWITCHED
            profiles[name] = replace(profile, scheduler_name=name, off=off)
        # Replicas keep sharing one spec.
        spec = specs.setdefault((id(agent.spec), name), replace(agent.spec, scheduler_name=name))
        agents.append(replace(agent, spec=spec))
    options = replace(
        snapshot.options,
        scheduler_names=snapshot.options.scheduler_names | profiles.keys(),
        profiles=(*snapshot.options.profiles, *profiles.values()),
    )
    return replace(snapshot, agents=tuple(agents), options=options)
