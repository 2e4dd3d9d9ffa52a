"""Which nodes a cluster can do without: the most expensive set that can be emptied, and the way there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from placewright.models.errors import UsageError
from placewright.models.goals import EVEN_PRICE, Goal, Goals, world
from placewright.models.movable import pinned
from placewright.models.node import Node
from placewright.models.plan import Status
from placewright.models.quantity import format_price
from placewright.models.rebalance_levels import goal_name
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.scores.base import WORST
from placewright.models.scores.used_nodes import keeps_in_use, used_nodes
from placewright.models.shrink import Going, Shrink, Staying
from placewright.models.snapshot import Snapshot
from placewright.solver.rebalance import rebalance
from placewright.solver.report_tables import percent
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import RefusedRebalance, VerifiedRebalance


def shrink(
    snapshot: Snapshot,
    candidates: Collection[str],
    options: RebalanceOptions,
    settings: Settings,
    *,
    progress: Callable[[str], None] | None = None,
) -> Shrink | RefusedRebalance:
    """The most expensive set of `candidates` (names of nodes) that can go, with waves of moves to empty it.

    Moves count for nothing beside what is saved; of the ways to save as much the cheapest is taken. Agents
    that break a rule where they are stay there. `options` says who may move, how far, and how many nodes are
    emptied at most; its min_gain and repair are not looked at. Raises UsageError where no node may go.
    """
    kept = tuple(node.name for node in snapshot.nodes if node.name not in candidates)
    if kept and len(kept) == len(snapshot.nodes):
        raise UsageError("leaves no node that may go", field="--only and --keep")
    goals = Goals((Goal.CONSOLIDATE,), kept=kept)
    options = replace(options, min_gain=0, repair=False)
    verdict = rebalance(snapshot, goals, options, settings, progress=progress)
    if isinstance(verdict, RefusedRebalance):
        return verdict
    judged = world(snapshot, goals)
    chosen = [node for node in judged.nodes if node.name in candidates]
    priced = any(node.price for node in snapshot.nodes if node.name in candidates)
    return _told(judged, chosen, priced, verdict, options)


def _told(
    judged: Snapshot,
    chosen: list[Node],
    priced: bool,
    verdict: VerifiedRebalance,
    options: RebalanceOptions,
) -> Shrink:
    plan = verdict.plan
    price = {node.name: node.price if priced else EVEN_PRICE for node in chosen}
    total = sum(price.values())
    used = {node.name for node in used_nodes(verdict.state)}
    gone = [node for node in chosen if node.name not in used]
    going = sorted(_going(plan, gone, price), key=lambda item: (-item.price, item.wave, item.node))
    saving = sum(item.price for item in going)
    most = max(saving, total - _least(plan, chosen, price))
    reasons = _reasons(judged, options)
    staying = tuple(
        Staying(node=node.name, price=price[node.name], reason=reasons.get(node.name, _no_place(plan)))
        for node in sorted(chosen, key=lambda node: (-price[node.name], node.name))
        if node.name in used
    )
    status = Status.OPTIMAL if saving == most else Status.FEASIBLE
    found = Shrink(
        status=status,
        verdict="",
        candidates=len(chosen),
        priced=priced,
        price=total,
        saving=saving,
        most=most,
        gap=(most - saving) / max(1, most),
        going=tuple(going),
        staying=staying,
        plan=plan,
        warnings=plan.warnings,
        notes=(*_notes(judged, chosen, priced), *plan.notes),
    )
    return found.model_copy(update={"verdict": _verdict(found)})


def _going(plan: RebalancePlan, gone: list[Node], price: Mapping[str, int]) -> Iterator[Going]:
    """Each node that is empty in the end; the last move from it is what empties it."""
    last = {move.from_node: wave.number for wave in plan.waves for move in wave.moves}
    first: dict[str, str] = {}
    for move in plan.all_moves:
        first.setdefault(move.key, move.from_node)
    leaving = Counter(first.values())
    for node in gone:
        wave = last.get(node.name, 0)
        yield Going(node=node.name, price=price[node.name], agents=leaving[node.name], wave=wave)


def _least(plan: RebalancePlan, chosen: list[Node], price: Mapping[str, int]) -> int:
    """What the candidates that stay cost at least, by the bound of the plan's level."""
    bound = next((level.bound for level in plan.levels if level.name == goal_name(Goal.CONSOLIDATE)), 0)
    if any(node.price for node in chosen):
        return bound
    return -(-bound // WORST) * EVEN_PRICE if price else 0


def _reasons(judged: Snapshot, options: RebalanceOptions) -> dict[str, str]:
    """For each node with agents that may not move one of them, why, and how many more there are."""
    held: dict[str, list[str]] = {}
    for key, reason in pinned(judged, options.policy).items():
        agent = judged.agent_by_key[key]
        if reason and keeps_in_use(agent):
            held.setdefault(agent.node_name, []).append(f"{key} {reason}")
    return {
        name: f"{lines[0]}; {len(lines) - 1} more may not move" if len(lines) > 1 else lines[0]
        for name, lines in held.items()
    }


def _no_place(plan: RebalancePlan) -> str:
    if plan.levels and plan.levels[0].value == plan.levels[0].bound:
        return "what runs there has no cheaper place"
    return "no cheaper place was found for what runs there"


def _notes(judged: Snapshot, chosen: list[Node], priced: bool) -> Iterator[str]:
    if judged.pending:
        verb = "agent is" if len(judged.pending) == 1 else "agents are"
        yield f"{len(judged.pending)} {verb} pending: nothing is kept free for them"
    free = sum(not node.price for node in chosen)
    if priced and free:
        yield f"without a price, so that it saves nothing if they go: {free} of the nodes that may"


def _verdict(found: Shrink) -> str:
    """In one line: how many can go, and what that saves."""
    number, of = len(found.going), found.candidates
    nodes = f"{number} of {of} {'node' if of == 1 else 'nodes'} can go"
    if not found.priced:
        if found.status is Status.OPTIMAL:
            return f"{nodes}, proven: no more can"
        return f"{nodes}; {found.most // EVEN_PRICE} at most"
    saves = f"{nodes}, which saves {format_price(found.saving)} of {format_price(found.price)} an hour"
    if found.status is Status.OPTIMAL:
        return f"{saves}, proven: no other set saves more"
    return f"{saves}; at most {format_price(found.most)} could be (gap {percent(found.gap)})"
