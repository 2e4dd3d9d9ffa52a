"""The whole line for buying: a question in, nodes bought with a verified plan and a proof out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from placewright.models.capacity import HOURS_A_MONTH, BoughtNodes, Capacity, OneLess
from placewright.models.catalog import Offering
from placewright.models.node import Node
from placewright.models.plan import Status
from placewright.models.quantity import format_price
from placewright.solver.capacity.buy import Bought, Report, buy
from placewright.solver.capacity.exact import within_budgets
from placewright.solver.capacity.less import one_less
from placewright.solver.capacity.more import buy_more
from placewright.solver.capacity.prove import prove
from placewright.solver.capacity.question import Question
from placewright.solver.capacity.unfit import unfit
from placewright.solver.clock import Deadline, Phases
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan

BUY_SHARE = 0.6
"""The part of the time in which nodes are found."""
PROVE_SHARE = 0.4
"""The part of what is left then for closing the gap, where the question is small."""
LESS_SHARE = 0.5
"""The part of what is left then for trying to do with less."""
PLACE_SECONDS = 3.0
"""For seeing whether everybody has a place on what was bought, at least."""


@dataclass(frozen=True)
class Answer:
    """document: what was found. verified: the plan on the cluster with `nodes`, those of `bought`."""

    document: Capacity
    verified: VerifiedPlan
    nodes: tuple[Node, ...]
    bought: Bought


def answer(
    question: Question, settings: Settings, *, from_scratch: bool = False, progress: Report | None = None
) -> Answer | Refused:
    """The cheapest nodes for a question. `Refused` is a plan that did not verify: a bug.

    Expected failures are in the document: who stays unplaced, and why.
    """
    report = progress or (lambda _: None)
    phases = Phases()
    deadline = Deadline(settings.time_limit)
    own = replace(settings, preempt=False, require_all=False)
    bought = buy(question, replace(own, time_limit=deadline.remaining() * BUY_SHARE), phases, report)
    with phases("repair"):
        bought = buy_more(question, bought, own, deadline, report)
    with phases("prove"):
        bought = prove(question, bought, own, Deadline(deadline.remaining() * PROVE_SHARE), report)
    with phases("one less"):
        checked = one_less(
            question,
            bought.bins,
            bought.purchase,
            len(bought.purchase.start),
            own,
            Deadline(deadline.remaining() * LESS_SHARE),
        )
    bought = replace(bought, purchase=checked.purchase)
    made = concluded(question, bought, checked.changes, own, deadline, phases, report)
    if isinstance(made, Refused):
        return made
    notes = list(made.document.notes)
    if not checked.complete and made.nodes:
        notes.append("time did not suffice to try doing with one less of every type")
    told = made.document.model_copy(update={"from_scratch": from_scratch, "notes": tuple(notes)})
    return replace(made, document=told)


def concluded(
    question: Question,
    bought: Bought,
    changes: tuple[OneLess, ...],
    settings: Settings,
    deadline: Deadline,
    phases: Phases,
    progress: Report,
) -> Answer | Refused:
    """A purchase with everybody placed by the profile, verified, and what is said of it."""
    with phases("place"):
        snapshot = question.with_nodes(bought.purchase.nodes)
        own = replace(settings, time_limit=max(PLACE_SECONDS, deadline.remaining()))
        verdict = place(snapshot, own, start=bought.purchase.start, progress=progress)
    if isinstance(verdict, Refused):
        return verdict
    timing = {} if settings.deterministic else {k: round(v, 6) for k, v in phases.seconds.items()}
    document = _document(question, bought, verdict, changes, timing)
    return Answer(document, verdict, bought.purchase.nodes, bought)


def _document(
    question: Question,
    bought: Bought,
    verified: VerifiedPlan,
    changes: tuple[OneLess, ...],
    timing: dict[str, float],
) -> Capacity:
    cost, plan = bought.purchase.cost, verified.plan
    placed = len(plan.bindings)
    bound = bought.bound
    gap = None if bound is None else (cost - bound) / max(1, cost)
    if not within_budgets(bought.bins, bought.purchase):
        raise AssertionError("more was bought than can be had")
    return Capacity(
        status=Status.OPTIMAL if bound == cost else Status.FEASIBLE,
        currency=question.catalog.currency,
        cost=format_price(cost),
        cost_per_month=format_price(cost * HOURS_A_MONTH),
        bound=None if bound is None else format_price(bound),
        gap=gap,
        nodes=tuple(_lines(bought)),
        wanted=len(question.snapshot.pending),
        placed=placed,
        left_out=question.left_out,
        unplaced=plan.unplaced,
        one_less=changes,
        offerings=bought.offerings,
        considered=bought.considered,
        warnings=plan.warnings,
        notes=(*plan.notes, *unfit(question, plan.unplaced)),
        timing=timing,
    )


def _lines(bought: Bought) -> list[BoughtNodes]:
    """What was bought, by type and zone; in the catalog's order."""
    counts = Counter(bought.purchase.kinds)
    lines = []
    for k in sorted(counts):
        offering = bought.bins.kinds[k].offering
        if offering is not None:
            lines.append(_line(offering, counts[k]))
    return lines


def _line(offering: Offering, count: int) -> BoughtNodes:
    return BoughtNodes(
        type=offering.type_name,
        zone=offering.zone,
        spot=offering.spot,
        count=count,
        price=format_price(offering.price),
        cost=format_price(offering.price * count),
    )
