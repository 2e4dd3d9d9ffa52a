"""Whether the rules accept counts as a finished placement: the guard of what did not come from one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from placewright.models.rules import RULES
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import outcome, settled_counts
from placewright.solver.problem import Problem

Accepts: TypeAlias = Callable[[IntArray], bool]


def acceptor(compilation: Compilation, problem: Problem) -> Accepts:
    """For counts (G, N). Where ledgers tell, agents are not looked at one by one; other rules are asked."""

    def accepts(count: IntArray) -> bool:
        count = settled_counts(compilation, count)
        if (count > problem.cap).any() or (count.sum(axis=1) > problem.size).any():
            return False
        unsure = set()
        for encoder in problem.encoders:
            ledger = encoder.ledger(count)
            told = None if ledger is None else ledger.holds()
            if told is False:
                return False
            if told is None:
                unsure.add(encoder.rule)
        return not unsure or _asked(compilation, count, unsure)

    return accepts


def _asked(compilation: Compilation, count: IntArray, names: set[str]) -> bool:
    """What the rules of these names say of the agents themselves."""
    made = outcome(compilation, count)
    devices = hand_out_devices(compilation.snapshot, made.steps)
    if devices is None:
        return False
    state = made.state(compilation.snapshot, devices)
    return not any(True for rule in RULES if rule.name in names for _ in rule.violations(state))
