"""What to buy so that everything important can run again, whichever zone, rack or node is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

from placewright.models.agent import Agent, Phase
from placewright.models.catalog import HOSTNAME, ZONE, Catalog, Offering
from placewright.models.errors import UsageError
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.models.survival import Survival
from placewright.scenarios.displace import without_nodes
from placewright.scenarios.survival import domains, survives
from placewright.solver.capacity.answer import Answer, answer, concluded
from placewright.solver.capacity.bins import make_bins
from placewright.solver.capacity.buy import Bought, buy
from placewright.solver.capacity.question import Question
from placewright.solver.capacity.realise import Purchase
from placewright.solver.clock import Deadline, Phases
from placewright.solver.groups import group_pending
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

ROUNDS = 12
"""Times that nodes are bought for a loss that is not survived."""
BUY_SHARE = 0.15
"""The part of the time left that buying for one loss may take."""
TRIM_SHARE = 0.4
"""The part of the time left that doing without nodes may take, for each way."""
LOSS_SECONDS = 5.0
"""For one loss, at most."""
OPTION = "--survive"


@dataclass(frozen=True)
class Surviving:
    """answer: nodes with a plan, as without losses. survival: what becomes of them after each loss."""

    answer: Answer
    survival: Survival


def buy_surviving(
    question: Question,
    settings: Settings,
    lose: str,
    *,
    priority: int | None = None,
    from_scratch: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Surviving | Refused:
    """Nodes with which all agents of at least `priority` (None: all) can run after any loss.

    lose: what is lost, as in `survives`.
    Whoever is not hit by a loss stays where it is. Begun with what is cheapest without losses, and where
    zones are lost also with a share of everybody in each zone; nodes are bought for the worst loss until all
    are survived, and the cheaper of both is taken. Where that fails `survival` is the counter-example. Raises
    UsageError for what `lose` cannot mean.
    """
    report = progress or (lambda _: None)
    deadline = Deadline(settings.time_limit)
    own = replace(settings, preempt=False, require_all=False)
    first = answer(question, replace(own, time_limit=deadline.remaining() / 4), progress=report)
    if isinstance(first, Refused):
        return first
    try:
        domains(first.verified.snapshot, lose)
    except UsageError as error:
        raise replace(error, field=OPTION) from None
    grown = [_grown(question, list(first.nodes), own, lose, priority, deadline, report)]
    shared = _shares(question, own, lose, deadline, report)
    if shared:
        grown.append(_grown(question, shared, own, lose, priority, deadline, report))
    found = [one for one in grown if not isinstance(one, Refused)]
    if not found:
        return next(one for one in grown if isinstance(one, Refused))
    bound = _bound(question, own, lose, priority, deadline, first)
    least = 0 if bound is None else bound
    trimmed: list[_Grown] = []
    for one in sorted(found, key=_worth):
        # Where one way has come to what is needed at least, no other is cheaper.
        if not any(_cost(other) <= least and other.survival.survives for other in trimmed):
            until = Deadline(deadline.remaining() * TRIM_SHARE)
            trimmed.append(_trimmed(question, one, own, lose, priority, until, least))
    best = min(trimmed, key=_worth)
    bought = _as_bought(question, best, bound, first)
    made = concluded(question, bought, (), own, Deadline(max(3.0, deadline.remaining())), Phases(), report)
    if isinstance(made, Refused):
        return made
    survival = best.survival
    said = {
        "from_scratch": from_scratch,
        "survives": lose,
        "survival": survival.verdict,
        "losses": survival.losses,
    }
    return Surviving(replace(made, document=made.document.model_copy(update=said)), survival)


def _worth(one: _Grown) -> tuple[bool, int]:
    """Smaller is better: it survives, and it is cheap."""
    return not one.survival.survives, _cost(one)


def _cost(one: _Grown) -> int:
    """Millionths an hour."""
    return sum(node.price for node in one.nodes)


@dataclass(frozen=True)
class _Grown:
    nodes: tuple[Node, ...]
    start: dict[str, str]
    survival: Survival


def _grown(
    question: Question,
    nodes: list[Node],
    settings: Settings,
    lose: str,
    priority: int | None,
    deadline: Deadline,
    report: Callable[[str], None],
) -> _Grown | Refused:
    """More and more nodes, for the worst loss each time, until every loss is survived or nothing helps."""
    found: _Grown | Refused
    for _ in range(ROUNDS):
        found = _judged(question, nodes, settings, lose, priority, deadline)
        if isinstance(found, Refused) or found.survival.survives or deadline.passed:
            return found
        worst = found.survival.worst
        lost = () if worst is None else worst.domains
        report(f"without {', '.join(lost)} not everything runs: more is bought")
        more = _for_loss(question, found, lose, lost, settings, deadline, report)
        if not more:
            return found
        nodes = [*nodes, *more]
    return found


def _judged(
    question: Question,
    nodes: Sequence[Node],
    settings: Settings,
    lose: str,
    priority: int | None,
    deadline: Deadline,
) -> _Grown | Refused:
    seconds = max(1.0, min(LOSS_SECONDS, deadline.remaining() * BUY_SHARE))
    own = replace(settings, time_limit=seconds)
    verdict = place(question.with_nodes(nodes), own)
    if isinstance(verdict, Refused):
        return verdict
    start = {binding.key: binding.node for binding in verdict.plan.bindings}
    survival = survives(_bound_to(verdict.snapshot, start), lose, priority=priority, settings=own)
    if isinstance(survival, Refused):
        return survival
    return _Grown(tuple(nodes), start, survival)


def _bound_to(snapshot: Snapshot, start: dict[str, str]) -> Snapshot:
    """The snapshot once a plan has been carried out."""

    def there(agent: Agent) -> Agent:
        name = start.get(agent.key)
        return agent if name is None else replace(agent, node_name=name, phase=Phase.RUNNING)

    return replace(snapshot, agents=tuple(there(agent) for agent in snapshot.agents))


def _for_loss(
    question: Question,
    grown: _Grown,
    lose: str,
    lost: Sequence[str],
    settings: Settings,
    deadline: Deadline,
    report: Callable[[str], None],
) -> list[Node]:
    """What is missing once these domains are gone, bought elsewhere, under names of its own."""
    snapshot = _bound_to(question.with_nodes(grown.nodes), grown.start)
    what = domains(snapshot, lose)
    gone = {name for value in lost for name in what.nodes[value]}
    names = set(snapshot.node_by_name)
    offerings = tuple(o for o in question.catalog.offerings if o.labels.get(what.key) not in lost)
    catalog = replace(_left(question.catalog, grown.nodes), offerings=offerings)
    left = replace(question, snapshot=without_nodes(snapshot, gone), catalog=catalog)
    own = replace(settings, time_limit=max(1.0, deadline.remaining() * BUY_SHARE))
    more = buy(left, own, Phases(), report).purchase.nodes
    return [_renamed(node, names) for node in more]


def _renamed(node: Node, taken: set[str]) -> Node:
    """The node under a name that nobody has, and the label that goes with it."""
    stem, number, name = node.name.rpartition("-")[0], 0, node.name
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name)
    return replace(node, name=name, labels={**node.labels, HOSTNAME: name})


def _shares(
    question: Question,
    settings: Settings,
    lose: str,
    deadline: Deadline,
    report: Callable[[str], None],
) -> list[Node]:
    """Nodes in each zone for so many of every group that any zones that are left hold everybody.

    Only for zones, and where nothing is there yet.
    """
    name, _, number = lose.partition(":")
    zones, at_once = question.catalog.zones, int(number or 1)
    if name not in ("zone", ZONE) or question.snapshot.nodes or len(zones) <= at_once:
        return []
    snapshot = question.snapshot
    others = [agent for agent in snapshot.agents if agent not in snapshot.pending]
    some = [
        agent
        for group in group_pending(snapshot)
        for agent in group.members[: -(-group.size // (len(zones) - at_once))]
    ]
    part = replace(snapshot, agents=(*others, *some))
    nodes: list[Node] = []
    for zone in zones:
        offerings = tuple(o for o in question.catalog.offerings if o.zone == zone)
        own = replace(settings, time_limit=max(1.0, deadline.remaining() * BUY_SHARE))
        catalog = replace(_left(question.catalog, nodes), offerings=offerings)
        nodes += buy(replace(question, snapshot=part, catalog=catalog), own, Phases(), report).purchase.nodes
    return nodes


def _trimmed(
    question: Question,
    grown: _Grown,
    settings: Settings,
    lose: str,
    priority: int | None,
    deadline: Deadline,
    least: int,
) -> _Grown:
    """Without nodes that no loss needs, dear ones first, as far as time goes; only of one that survives.

    least: what is needed in any case; nothing is tried that would cost less.
    """
    if not grown.survival.survives:
        return grown
    placed = len(grown.start)
    needed, changed = set[tuple[str, ...]](), False
    while not deadline.passed:
        spare = _cost(grown) - least
        nodes = (node for node in _dear_first(grown.nodes) if node.price <= spare)
        step = next((node for node in nodes if _make(node) not in needed), None)
        if step is None and not changed:
            break
        if step is None:
            # What was needed beside more nodes mostly still is, but agents may have come to be elsewhere.
            needed, changed = set(), False
            continue
        rest = [node for node in grown.nodes if node is not step]
        trial = _judged(question, rest, settings, lose, priority, deadline)
        if not isinstance(trial, Refused) and trial.survival.survives and len(trial.start) >= placed:
            grown, changed = trial, True
        else:
            needed.add(_make(step))
    return grown


def _dear_first(nodes: Sequence[Node]) -> Iterator[Node]:
    yield from sorted(nodes, key=lambda node: (-node.price, node.name))


def _make(node: Node) -> tuple[str, ...]:
    return tuple(value for key, value in sorted(node.labels.items()) if key != HOSTNAME)


def _bound(
    question: Question,
    settings: Settings,
    lose: str,
    priority: int | None,
    deadline: Deadline,
    first: Answer,
) -> int | None:
    """What surviving costs at least, in millionths; None where nothing is known.

    After each loss the nodes that are left hold everybody important. Over all losses every node is left
    equally
    often: so what is needed after each loss adds up to that many times the cost.
    """
    known = first.bought.bound
    name, _, number = lose.partition(":")
    zones, at_once = question.catalog.zones, int(number or 1)
    everywhere = all(offering.zone for offering in question.catalog.offerings)
    if name not in ("zone", ZONE) or len(zones) <= at_once or not everywhere or question.snapshot.nodes:
        return known
    snapshot = question.snapshot
    wanted = [a for a in snapshot.pending if priority is None or a.spec.priority >= priority]
    important = replace(snapshot, agents=tuple(wanted))
    total = 0
    for lost in combinations(zones, at_once):
        offerings = tuple(o for o in question.catalog.offerings if o.zone not in lost)
        own = replace(settings, time_limit=max(1.0, deadline.remaining() * BUY_SHARE))
        left = replace(question, snapshot=important, catalog=replace(question.catalog, offerings=offerings))
        bought = buy(left, own, Phases(), lambda _: None)
        if bought.bound is None:
            return known
        total += bought.bound
    times = comb(len(zones) - 1, at_once)
    return max(known or 0, -(-total // times))


def _left(catalog: Catalog, nodes: Sequence[Node]) -> Catalog:
    """The catalog with what can still be had beside these nodes."""
    bought = [_offering(catalog, node) for node in nodes]
    types = Counter(offering.type_name for offering in bought)
    most = catalog.most_interruptions
    return replace(
        catalog,
        most={name: number - types[name] for name, number in catalog.most.items()},
        most_interruptions=None if most is None else most - sum(offering.risk for offering in bought),
    )


def _offering(catalog: Catalog, node: Node) -> Offering:
    """What a node was bought as."""
    labels = {key: value for key, value in node.labels.items() if key != HOSTNAME}
    return next(
        offering
        for offering in catalog.offerings
        if (offering.labels, offering.allocatable, offering.price) == (labels, node.allocatable, node.price)
    )


def _as_bought(question: Question, grown: _Grown, bound: int | None, first: Answer) -> Bought:
    """The nodes as a purchase over all that is on offer."""
    bins = make_bins(question)
    index = {kind.offering.name: k for k, kind in enumerate(bins.kinds) if kind.offering is not None}
    kinds = tuple(index[_offering(question.catalog, node).name] for node in grown.nodes)
    return replace(first.bought, bins=bins, purchase=Purchase(grown.nodes, kinds, grown.start), bound=bound)
