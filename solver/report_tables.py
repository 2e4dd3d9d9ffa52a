"""The tables of the report: agents by priority, objective levels, nodes before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from placewright.models.node import DEVICE_MILLI, Node
from placewright.models.plan import Level, LevelTerm, Plan
from placewright.models.rules.resources import PODS, UsageIndex
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.explain_joint import listed

MOST_NODES = 20
"""A node table longer than this says nothing at a glance: the cluster is then summed up."""
MOST_ROWS = 20
MOST_LEVELS = 12
MOST_RESOURCES = 5
MOST_TERMS = 10
HIDDEN = frozenset({PODS, "ephemeral-storage"})


def table(*columns: str) -> Table:
    """Aligned columns without a frame: the first to the left, numbers to the right."""
    made = Table(box=None, pad_edge=False)
    for i, column in enumerate(columns):
        made.add_column(column, justify="left" if i == 0 else "right", header_style="dim")
    return made


def show(console: Console, title: str, rows: Table) -> None:
    """Print a table under its title, without the blanks that pad its lines."""
    console.print()
    console.print(Text(title, style="bold"), soft_wrap=True)
    with console.capture() as captured:
        console.print(rows)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def percent(gap: float) -> str:
    """A relative gap with two digits that matter."""
    value = 100 * gap
    if not value:
        return "0 %"
    if value < 0.0001:
        return "< 0.0001 %"
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


def agent_table(snapshot: Snapshot, plan: Plan) -> Table:
    """Placed and unplaced by namespace and priority; where there are too many, the complete ones as one."""
    priority = {agent.key: agent.spec.priority for agent in snapshot.pending}
    placed = Counter((b.namespace, priority[b.key]) for b in plan.bindings if b.key in priority)
    left = Counter((u.namespace, u.priority) for u in plan.unplaced)
    rows = sorted({*placed, *left}, key=lambda row: (-row[1], row[0]))
    shown = rows
    if len(rows) > MOST_ROWS:
        shown = [row for row in rows if left[row]][: MOST_ROWS - 1]
    made = table("namespace", "priority", "placed", "unplaced")
    for row in shown:
        _add_agents(made, row[0], str(row[1]), placed[row], left[row])
    rest = [row for row in rows if row not in shown]
    if rest:
        sums = sum(placed[row] for row in rest), sum(left[row] for row in rest)
        _add_agents(made, f"({len(rest)} more)", "", *sums)
    if not rows:
        made.add_row("(none pending)", "", "", "")
    return made


def eviction_table(snapshot: Snapshot, plan: Plan) -> Table:
    """Who leaves which node, where it goes instead, and for whom."""
    goes = {binding.key: binding.node for binding in plan.bindings}
    made = table("agent", "priority", "leaves", "goes to", "makes room for")
    for column in made.columns[2:]:
        column.justify = "left"
    for eviction in plan.evictions[:MOST_ROWS]:
        priority = snapshot.agent_by_key[eviction.key].spec.priority
        room = listed(eviction.makes_room_for)
        made.add_row(eviction.key, str(priority), eviction.node, goes.get(eviction.key, "nowhere"), room)
    if len(plan.evictions) > MOST_ROWS:
        made.add_row(f"({len(plan.evictions) - MOST_ROWS} more)", "", "", "", "")
    return made


def _add_agents(made: Table, name: str, priority: str, placed: int, left: int) -> None:
    made.add_row(name, priority, str(placed), Text(str(left), style="red" if left else ""))


def level_table(levels: Sequence[Level]) -> Table:
    """Value, bound and gap of each level, its terms below it; of many the open ones and the first few."""
    made = table("level", "value", "bound", "gap")
    shown = list(levels)
    if len(levels) > MOST_LEVELS:
        shown = [level for i, level in enumerate(levels) if i < MOST_LEVELS // 2 or not level.proven]
        shown = shown[: MOST_LEVELS - 1]
    for level in shown:
        gap = "proven" if level.proven else percent(level.gap)
        aim = "most" if level.sense == "maximize" else "least"
        made.add_row(f"{level.name} ({aim})", str(level.value), str(level.bound), gap)
        _add_terms(made, level)
    rest = [level for level in levels if level not in shown]
    if rest:
        proven = sum(level.proven for level in rest)
        made.add_row(f"({len(rest)} more)", "", "", f"{proven} proven")
    return made


def _add_terms(made: Table, level: Level) -> None:
    """What a weighted level is made of, as far as it costs anything."""
    costly = [term for term in level.terms if term.value]
    if is_one_term(level.terms):
        return
    for term in costly[:MOST_TERMS]:
        made.add_row(f"  {term_name(term)}", str(term.value), "", "", style="dim")
    if len(costly) > MOST_TERMS:
        made.add_row(f"  ({len(costly) - MOST_TERMS} more terms)", "", "", "")


def is_one_term(terms: Sequence[LevelTerm]) -> bool:
    """Whether a level is nothing but one score: then its value says it all."""
    return len(terms) == 1 and terms[0].weight == 1


def term_name(term: LevelTerm) -> str:
    """`3 x Cost`; where there are several profiles with the scheduler's name behind it."""
    whose = f" ({term.profile})" if term.profile else ""
    return f"{term.weight} x {term.name}{whose}"


def node_table(state: ClusterState, arrow: str) -> Table:
    """Each node's agents, how many of them are new, and the share of each resource before and after."""
    names = _resources(state)
    made = table("node", "agents", "new", *names)
    before, new = state.before(), Counter(state.new.values())
    for node in state.snapshot.nodes:
        have, old, now = _capacity(node), _used(before, node), _used(state, node)
        shares = [_share(old[name], now[name], have.get(name, 0), arrow) for name in names]
        count = str(new[node.name]) if new[node.name] else ""
        made.add_row(node.name, str(len(state.agents_on(node.name))), count, *shares)
    return made


def cluster_table(state: ClusterState, arrow: str) -> Table:
    """All nodes together: how many are in use, and the share of each resource before and after."""
    before, nodes = state.before(), state.snapshot.nodes
    made = table("", "before", "after")
    used = [str(sum(bool(s.agents_on(node.name)) for node in nodes)) for s in (before, state)]
    made.add_row("nodes with agents", *used)
    have: Counter[str] = Counter()
    old, now = Counter[str](), Counter[str]()
    for node in nodes:
        have.update(_capacity(node))
        old.update(_used(before, node))
        now.update(_used(state, node))
    for name in _resources(state):
        made.add_row(name, *(_share(n, n, have[name], arrow) for n in (old[name], now[name])))
    return made


def _resources(state: ClusterState) -> list[str]:
    """cpu, memory and then what else agents ask for, most asked for first."""
    asked: Counter[str] = Counter()
    for crowd in state.crowds():
        number = sum(map(len, crowd.on.values()))
        spec = crowd.sample.spec
        asked.update({name: number for name, amount in spec.requests.items() if amount})
        asked.update({request.resource: number for request in spec.devices})
    others = [n for n in asked if n not in HIDDEN and n not in ("cpu", "memory")]
    ranked = sorted(others, key=lambda name: (-asked[name], name))
    return ["cpu", "memory", *ranked][:MOST_RESOURCES]


def _capacity(node: Node) -> Mapping[str, int]:
    devices: Counter[str] = Counter()
    for pool in node.devices:
        devices[pool.resource] += DEVICE_MILLI * pool.count
    return {**node.allocatable, **devices}


def _used(state: ClusterState, node: Node) -> Counter[str]:
    """Requests on a node; devices in milli-shares, as in `_capacity`."""
    used = Counter(state.index(UsageIndex).used(node.name))
    if node.devices:
        used.update(dict(_device_shares(state, node)))
    return used


def _device_shares(state: ClusterState, node: Node) -> Iterator[tuple[str, int]]:
    shares: Counter[str] = Counter()
    for agent in state.agents_on(node.name).values():
        for request in agent.spec.devices:
            shares[request.resource] += request.count * request.milli
    yield from shares.items()


def _share(before: int, after: int, whole: int, arrow: str) -> str:
    if not whole:
        return "-"
    one, two = (f"{100 * used // whole} %" for used in (before, after))
    return two if one == two else f"{one} {arrow} {two}"
