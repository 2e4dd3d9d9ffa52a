"""Whether everything important can run again after a zone, a rack or a node is lost, whichever it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

from placewright.models.agent import Agent
from placewright.models.errors import UsageError
from placewright.models.levels import placed_name
from placewright.models.plan import Plan
from placewright.models.profile import PLACED, Stage
from placewright.models.reading.display import nearest, shown
from placewright.models.rules import RULES, resources
from placewright.models.rules.resources import UsageIndex, checked_amounts
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.survival import Answer, Loss, Missing, Survival
from placewright.scenarios.alike import alike_nodes
from placewright.scenarios.displace import without_nodes
from placewright.scenarios.executors import Executor, Processes
from placewright.scenarios.run import left_out, requested
from placewright.scenarios.settle import placed_first
from placewright.solver.place import place
from placewright.solver.rearrangement import rearrangement
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

HOSTNAME = "kubernetes.io/hostname"
NODE = "node"
PREFERRED = "topology.kubernetes.io"
"""Of two labels of one name, such as zone, the one with this prefix is meant."""
MOST_LOSSES = 10_000
OPTION = "--lose"


@dataclass(frozen=True)
class Domains:
    """What may be lost: for each domain of the label `key` the names of its nodes; `at_once` go together."""

    key: str
    nodes: Mapping[str, tuple[str, ...]]
    at_once: int = 1

    def losses(self) -> Iterator[tuple[str, ...]]:
        """Every loss, as the domains that go. Fewer domains than `at_once`: all of them."""
        return combinations(self.nodes, min(self.at_once, len(self.nodes)))


def domains(snapshot: Snapshot, lose: str) -> Domains:
    """What `zone`, `node`, `rack:2` or a label's full name means in this cluster. Raises UsageError."""
    name, colon, number = lose.partition(":")
    if colon and (not number.isascii() or not number.isdigit() or int(number) < 1):
        raise UsageError(
            f"expected a number of domains behind the colon, found {shown(number)}", field=OPTION
        )
    found = _found(snapshot, name)
    at_once = int(number or 1)
    if comb(len(found.nodes), min(at_once, len(found.nodes))) > MOST_LOSSES:
        raise UsageError(f"comes to more than {MOST_LOSSES:,} losses", field=OPTION)
    return replace(found, at_once=at_once)


def _found(snapshot: Snapshot, name: str) -> Domains:
    if name == NODE:
        return Domains(HOSTNAME, {node.name: (node.name,) for node in snapshot.nodes})
    keys = dict.fromkeys(key for node in snapshot.nodes for key in node.labels)
    meant = [key for key in keys if name in (key, key.rpartition("/")[2])]
    if f"{PREFERRED}/{name}" in meant:
        meant = [f"{PREFERRED}/{name}"]
    if len(meant) != 1:
        short = [NODE, *(key.rpartition("/")[2] for key in keys)]
        told = f"no node has a label {shown(name)}{nearest(name, short)}"
        raise UsageError(f"could be {' or '.join(meant)}" if meant else told, field=OPTION)
    nodes: dict[str, list[str]] = {}
    for node in snapshot.nodes:
        if meant[0] in node.labels:
            nodes.setdefault(node.labels[meant[0]], []).append(node.name)
    return Domains(meant[0], {value: tuple(names) for value, names in nodes.items()})


@dataclass(frozen=True)
class Question:
    """One loss. `keys`: agents that count, all of which must be on a node in the end."""

    snapshot: Snapshot
    lost: tuple[str, ...]
    nodes: frozenset[str]
    keys: frozenset[str]
    settings: Settings
    rearrange: bool


def survives(
    snapshot: Snapshot,
    lose: str = "zone",
    *,
    priority: int | None = None,
    settings: Settings | None = None,
    rearrange: bool = False,
    executor: Executor | None = None,
    progress: Callable[[str], None] | None = None,
) -> Survival | Refused:
    """Whether all agents of at least `priority` (None: all) can run after any loss that `lose` means.

    Pending agents are placed first; those that are not are no part of the question. After a loss those of
    its nodes are placed anew, beside everybody else, who stays, or may move as well with `rearrange`; with
    `settings.preempt` they may evict. `settings.time_limit` is for each loss. Exact: a loss is survived where
    a verified placement is found and fails where a bound proves that there is none. Raises UsageError for
    what `lose` cannot mean; `Refused` is an answer that did not verify, a bug.
    """
    settings = settings or Settings()
    what = domains(snapshot, lose)
    before = placed_first(snapshot, settings)
    if isinstance(before, Refused):
        return before
    after, outside = before
    counting = [agent for agent in after.residents if priority is None or agent.spec.priority >= priority]
    alike = _alike(after, what)
    questions = [
        Question(
            after,
            lost,
            frozenset(name for value in lost for name in what.nodes[value]),
            frozenset(agent.key for agent in counting),
            settings,
            rearrange,
        )
        for lost in alike
    ]
    losses: list[Loss] = []
    for others, loss in zip(alike.values(), (executor or Processes()).map(lose_it, questions), strict=True):
        if isinstance(loss, Refused):
            return loss
        losses.append(loss.model_copy(update={"alike": others}))
        if progress is not None:
            progress(f"{len(losses)} of {len(questions)}: {', '.join(loss.domains)} {loss.answer}")
    notes = () if counting or priority is None else (f"no agent that runs has priority {priority} or more",)
    told = _survival(snapshot, what, priority, sorted(losses, key=_badness), outside)
    return told.model_copy(update={"notes": (*told.notes, *notes)})


def _alike(snapshot: Snapshot, what: Domains) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Every loss to be tried, and the nodes of which the loss would be the same."""
    if what.key != HOSTNAME or what.at_once > 1 or any(len(names) > 1 for names in what.nodes.values()):
        return dict.fromkeys(what.losses(), ())
    value_of = {names[0]: value for value, names in what.nodes.items()}
    groups = ([value_of[name] for name in names if name in value_of] for names in alike_nodes(snapshot))
    return {(values[0],): tuple(values[1:]) for values in groups if values}


def lose_it(question: Question) -> Loss | Refused:
    """What becomes of the agents that count when these nodes go."""
    snapshot = without_nodes(question.snapshot, question.nodes)
    wanting = [a for a in (*snapshot.residents, *snapshot.pending) if a.key in question.keys]
    displaced = sum(agent.key in question.keys for agent in snapshot.pending)
    snapshot, start = _asked(snapshot, rearrange=question.rearrange and displaced > 0)
    verdict = place(snapshot, question.settings, start=start)
    if isinstance(verdict, Refused):
        return verdict
    there = {agent.key for agent, _ in verdict.state.assignments()}
    stranded = [agent for agent in wanting if agent.key not in there]
    keys = {agent.key for agent in stranded}
    told = [item for item in verdict.plan.unplaced if f"{item.namespace}/{item.agent}" in keys]
    return Loss(
        domains=question.lost,
        nodes=len(question.nodes),
        answer=_answer(verdict.plan, stranded),
        displaced=displaced,
        stranded=len(stranded),
        left_out=left_out(told),
        missing=tuple(_missing(verdict.state, stranded)),
        fullest=max(requested(verdict.state), key=lambda item: item.permille, default=None),
    )


def _asked(snapshot: Snapshot, *, rearrange: bool) -> tuple[Snapshot, Mapping[str, str] | None]:
    """The question with nothing but placing as its aim, and the answer that is known: everybody stays."""
    start = None
    if rearrange:
        question = rearrangement(snapshot)
        start = question.home
        snapshot = replace(question.snapshot, agents=(*question.snapshot.agents, *snapshot.pending))
    profile = replace(snapshot.options.profile, stages=(Stage({PLACED: 1}),))
    return replace(snapshot, options=replace(snapshot.options, profile=profile)), start


def _answer(plan: Plan, stranded: Sequence[Agent]) -> Answer:
    """Placed agents by priority come first: an optimum that leaves somebody out proves that somebody must be.

    Only the levels down to the first one with somebody left out matter for that.
    """
    if not stranded:
        return Answer.SURVIVES
    last = placed_name(max(agent.spec.priority for agent in stranded))
    for level in plan.levels:
        if not level.proven:
            return Answer.UNKNOWN
        if level.name == last:
            break
    return Answer.FAILS


def _missing(state: ClusterState, stranded: Sequence[Agent]) -> Iterator[Missing]:
    """Each resource that they ask for, beside what is free where they could go were it only large enough."""
    snapshot = state.snapshot
    asked: Counter[str] = Counter()
    kinds: dict[Hashable, Agent] = {}
    for agent in stranded:
        asked.update(checked_amounts(snapshot, agent))
        kinds.setdefault((agent.namespace, agent.label_set, agent.spec.signature), agent)
    others = [rule for rule in RULES if rule is not resources.RULE]
    usage, free = state.index(UsageIndex), Counter[str]()
    for node in snapshot.nodes:
        if any(all(rule.admits(snapshot, a, node) is None for rule in others) for a in kinds.values()):
            used = usage.used(node.name)
            free.update({name: max(0, node.allocatable.get(name, 0) - used.get(name, 0)) for name in asked})
    for name in sorted(asked):
        yield Missing(resource=name, asked=asked[name], free=free[name])


_ORDER = (Answer.FAILS, Answer.UNKNOWN, Answer.SURVIVES)


def _badness(loss: Loss) -> tuple[int, int, int, int, tuple[str, ...]]:
    """The worst first: what fails with most stranded, then what leaves the least room."""
    full = loss.fullest.permille if loss.fullest else 0
    return (_ORDER.index(loss.answer), -loss.stranded, -full, -loss.displaced, loss.domains)


def _survival(
    snapshot: Snapshot, what: Domains, priority: int | None, losses: Sequence[Loss], outside: int
) -> Survival:
    answer = min((loss.answer for loss in losses), key=_ORDER.index, default=Answer.SURVIVES)
    return Survival(
        topology_key=what.key,
        at_once=what.at_once,
        priority=priority,
        answer=answer,
        verdict=_verdict(what, priority, losses, answer),
        worst=losses[0] if losses else None,
        losses=tuple(losses),
        outside=outside,
        warnings=snapshot.warnings,
        notes=snapshot.notes,
    )


def _verdict(what: Domains, priority: int | None, losses: Sequence[Loss], answer: Answer) -> str:
    """In one line: what can be lost, or what cannot."""
    name = NODE if what.key == HOSTNAME else what.key.rpartition("/")[2]
    lost = f"any {name}" if what.at_once == 1 else f"any {what.at_once} of {name}"
    who = "all agents" if priority is None else f"all agents of priority {priority} or more"
    if answer is Answer.SURVIVES:
        same = sum(len(loss.alike) for loss in losses)
        told = f"{len(losses)} placed and verified" + (f", {same} more are like one of them" if same else "")
        return f"survives: {who} can run again after the loss of {lost}; {told}"
    worst = losses[0]
    without = f"without {', '.join(worst.domains)}"
    stranded = f"{worst.stranded} {'agent' if worst.stranded == 1 else 'agents'}"
    if answer is Answer.FAILS:
        failing = sum(1 + len(loss.alike) for loss in losses if loss.answer is Answer.FAILS)
        number = sum(1 + len(loss.alike) for loss in losses)
        return f"fails: {without} {stranded} cannot run, proven; {failing} of {number} losses fail"
    return f"unknown: {without} no room was found for {stranded}; more time may tell"
