"""Why an agent is left out, and what would let it in, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from placewright.models.quantity import format_price
from placewright.models.repair import Conflict, Member, Purchase, Repair
from placewright.solver.explain_joint import listed


def print_repair(console: Console, repair: Repair) -> None:
    """The conflict, and then each way out of it."""
    console.print()
    if repair.placed_on:
        console.print(f"nothing to repair: it is on {repair.placed_on}", soft_wrap=True)
    if repair.conflict is not None:
        _print(console, _title(repair.conflict), map(_member, repair.conflict.members))
    ways = list(_ways(repair))
    if ways:
        _print(console, "What would let it in, with everybody else where they are", ways)
    for note in repair.notes:
        console.print(Text(f"note: {note}", style="dim"), soft_wrap=True)


def _print(console: Console, title: str, lines: Sequence[str] | Iterator[str]) -> None:
    console.print(Text(title, style="bold"), soft_wrap=True)
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)
    console.print()


def _title(conflict: Conflict) -> str:
    if conflict.minimal:
        return "In conflict: these cannot all hold, and without any one of them the others could"
    return "In conflict: these cannot all hold; time ran out before each was known to be needed"


def _member(member: Member) -> str:
    return f"{member.rule} of {listed(member.agents)}" if member.agents else f"{member.rule} of all agents"


def _ways(repair: Repair) -> Iterator[str]:
    for item in repair.relax:
        yield f"{item.rule}: {item.change} ({listed(item.nodes)})"
    if repair.evict is not None:
        moved = f"; {listed(repair.evict.moved)} would find room elsewhere" if repair.evict.moved else ""
        only = "" if repair.evict.by_priority else " by hand, as preemption would not"
        yield f"evict {listed(repair.evict.agents)}{only} (room on {repair.evict.node}){moved}"
    if repair.buy is not None:
        price = f", {format_price(repair.buy.price)} per hour" if repair.buy.price else ""
        yield f"buy {_bought(repair.buy)}{price}"
    if repair.conflict is not None and not repair.relax and repair.evict is None and repair.buy is None:
        yield "nothing alone: on every node two rules or more object, and no eviction or further node helps"


def _bought(purchase: Purchase) -> str:
    if purchase.like:
        return f"one more node like {purchase.like}"
    spot = "spot " if purchase.spot else ""
    return f"a {spot}node of type {purchase.type}" + (f" in {purchase.zone}" if purchase.zone else "")
