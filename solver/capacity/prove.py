"""Bounds and cheaper purchases that small questions have time for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placewright.solver.capacity.buy import Bought, Report
from placewright.solver.capacity.classes import Classes, affordable
from placewright.solver.capacity.exact import solve_exactly
from placewright.solver.capacity.question import Question
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray
from placewright.solver.settings import Settings

COUNT_SHARE = 0.2
"""The part of the time that counting whole nodes may take, twice."""


def prove(
    question: Question, bought: Bought, settings: Settings, deadline: Deadline, progress: Report
) -> Bought:
    """The same or something cheaper, with the best bound that the time allows."""
    if bought.proven:
        return bought
    if not bought.complete:
        # Bounds are for a place for everybody; who knows whether there is one.
        return _solved(question, replace(bought, bound=None), None, settings, deadline, progress)
    bought, spare = _counted(bought, deadline, settings.worker_count)
    if bought.proven:
        return bought
    return _solved(question, bought, spare, settings, deadline, progress)


def _counted(bought: Bought, deadline: Deadline, workers: int) -> tuple[Bought, FloatArray]:
    """A bound that knows that nodes are whole, and how many of each kind (K,) there can be at most."""
    spare = _spare(bought)
    if not affordable(bought.bins):
        return bought, spare
    classes = Classes(bought.bins, bought.rules, bought.demand, bought.purchase.cost)
    least = classes.least(Deadline(deadline.remaining() * COUNT_SHARE), workers)
    if least is None:
        return bought, spare
    bought = replace(bought, bound=max(least, bought.bound or 0))
    if bought.proven:
        return bought, spare
    return bought, np.minimum(spare, classes.numbers(Deadline(deadline.remaining() * COUNT_SHARE), workers))


def _spare(bought: Bought) -> FloatArray:
    """float (K,): the most nodes of each kind in anything that costs no more, by the linear program."""
    relaxed = bought.relaxed
    if relaxed is None or relaxed.bound is None:
        return np.full(len(bought.bins.kinds), np.inf)
    distance = bought.purchase.cost - relaxed.bound + 1
    most = np.floor(distance / np.maximum(relaxed.beyond, 1.0) + 1e-6)
    return np.where(relaxed.beyond > 1.0, most, np.inf)


def _solved(
    question: Question,
    bought: Bought,
    spare: FloatArray | None,
    settings: Settings,
    deadline: Deadline,
    progress: Report,
) -> Bought:
    """What the ordinary solve makes of everything that could be bought, where that is not too much."""
    own = replace(settings, time_limit=deadline.remaining())
    most = np.full(len(bought.bins.kinds), np.inf) if spare is None else spare
    incumbent = bought.purchase if bought.complete else None
    exact = solve_exactly(question, bought.bins, incumbent, most, own, progress)
    if exact is None:
        return bought
    purchase = bought.purchase
    found = exact.purchase
    if found is not None and (
        len(found.start) > len(purchase.start)
        or (len(found.start) == len(purchase.start) and found.cost < purchase.cost)
    ):
        purchase = found
    known = [bound for bound in (bought.bound, exact.bound) if bound is not None]
    return replace(bought, purchase=purchase, bound=max(known, default=None))
