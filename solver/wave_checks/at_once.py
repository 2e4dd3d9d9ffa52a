"""All moves in one step: everybody is gone, then everybody comes. What is copied is in use on both nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from placewright.models.filters import rejection
from placewright.models.rules.base import Violation
from placewright.models.state import ClusterState
from placewright.solver.wave_checks.worst_order import Step

RESOURCES = "resources"


class AtOnce:
    """The steps of such a wave, asked of the state before it; the state is the same afterwards.

    double: resources that those who move use on both nodes.
    """

    def __init__(self, state: ClusterState, steps: Sequence[Step], double: Sequence[str]) -> None:
        self._state = state
        self._steps = steps
        self._double = double

    def violations(self) -> Iterator[Violation]:
        """Each newcomer with everybody else where they are to be; then what is in use twice."""
        state, steps = self._state, self._steps
        for step in steps:
            state.remove(step.old, step.source)
        for step in steps:
            state.place(step.new, step.target)
        try:
            for step in steps:
                state.remove(step.new, step.target)
                reason = rejection(state, step.new, step.target)
                state.place(step.new, step.target)
                if reason is not None:
                    yield Violation(reason.rule, reason.message, step.move.key, step.target.name)
            yield from self._overfull()
        finally:
            for step in steps:
                state.remove(step.new, step.target)
            for step in steps:
                step.take_back(state)

    def _overfull(self) -> Iterator[Violation]:
        """Nodes that somebody comes to, with all that is in use there while moves go on."""
        nodes = {step.target.name: step.target for step in self._steps}
        for resource in self._double:
            used: Counter[str] = Counter()
            for name in nodes:
                agents = self._state.agents_on(name).values()
                used[name] = sum(agent.spec.requests.get(resource, 0) for agent in agents)
            for step in self._steps:
                used[step.source.name] += step.old.spec.requests.get(resource, 0)
            for name, node in nodes.items():
                have = node.allocatable.get(resource, 0)
                if used[name] > have:
                    message = f"{resource}: {used[name]} in use while moves go on, {have} there"
                    yield Violation(RESOURCES, message, node=name)
