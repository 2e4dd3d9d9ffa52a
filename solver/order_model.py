"""What an order of bindings depends on, as integers: company and the counts of spread, by domain.

Every other rule only gets stricter while agents are added: what holds for all of them together held at each
step. Spread and affinity are the two that also let in later what they refuse now.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NOWHERE = -1
"""The domain of a node without the topology key."""


@dataclass(eq=False)
class Census:
    """How many agents of one description are in each domain (D,), now and once all steps are done.

    `counting`: the domains among which the least is sought.
    """

    counts: list[int]
    counting: frozenset[int] = frozenset()
    final: list[int] = field(default_factory=list)
    gates: dict[int, list[Gate]] = field(default_factory=dict)
    total: int = 0
    least: int = 0
    final_least: int = 0
    _domains_with: dict[int, int] = field(default_factory=dict)

    def settle(self) -> None:
        """Fix what follows from the counts, once `final` holds the amounts that are to come."""
        self.final = [now + more for now, more in zip(self.counts, self.final, strict=True)]
        self.total = sum(self.counts)
        self.least = min((self.counts[d] for d in self.counting), default=0)
        self.final_least = min((self.final[d] for d in self.counting), default=0)
        for d in self.counting:
            self._domains_with[self.counts[d]] = self._domains_with.get(self.counts[d], 0) + 1

    def add(self, domain: int) -> bool:
        """One more; True where the least has risen."""
        before = self.counts[domain]
        self.counts[domain] = before + 1
        self.total += 1
        if domain not in self.counting:
            return False
        self._domains_with[before] -= 1
        self._domains_with[before + 1] = self._domains_with.get(before + 1, 0) + 1
        if before > self.least or self._domains_with[before]:
            return False
        self.least = before + 1
        return True

    def take(self, domain: int) -> None:
        """One less."""
        before = self.counts[domain]
        self.counts[domain] = before - 1
        self.total -= 1
        if domain in self.counting:
            self._domains_with[before] -= 1
            self._domains_with[before - 1] = self._domains_with.get(before - 1, 0) + 1
            self.least = min(self.least, before - 1)


@dataclass(eq=False)
class Gate:
    """One spread constraint in one domain. `left`: steps that have yet to pass.

    itself: 1 where those that pass count themselves; adds: 1 where they are then one more in the domain.
    """

    census: Census
    domain: int
    itself: int
    adds: int
    max_skew: int
    floor_is_zero: bool
    left: int = 0

    @property
    def is_open(self) -> bool:
        least = 0 if self.floor_is_zero else self.census.least
        return self.census.counts[self.domain] + self.itself - least <= self.max_skew

    @property
    def limit(self) -> int:
        """The most that the domain may hold when a step passes: the least is at its highest in the end."""
        least = 0 if self.floor_is_zero else self.census.final_least
        return least + self.max_skew - self.itself

    @property
    def stays_open(self) -> bool:
        """Whether no step that is left can find it closed, whatever comes before."""
        least = 0 if self.floor_is_zero else self.census.least
        return self.census.final[self.domain] + self.itself - self.adds - least <= self.max_skew


@dataclass(eq=False)
class Lot:
    """Alike agents on one node. `steps`: their positions, in the order in which they go.

    raises: (census, domain) that one more of them adds to. gates: what each has to pass. company:
    (census, domain) where each needs somebody; unless it `seeds`, and nobody is anywhere.
    """

    steps: list[int]
    raises: tuple[tuple[Census, int], ...]
    gates: tuple[Gate, ...]
    company: tuple[tuple[Census, int], ...]
    seeds: bool
    done: int = 0

    @property
    def left(self) -> int:
        return len(self.steps) - self.done

    @property
    def next(self) -> int:
        """The position of the next step; there must be one."""
        return self.steps[self.done]

    def place(self) -> list[Census]:
        """One more is on its node; the censuses whose least has risen."""
        self.done += 1
        for gate in self.gates:
            gate.left -= 1
        return [census for census, domain in self.raises if census.add(domain)]

    def undo(self) -> None:
        """The last one was not placed after all."""
        self.done -= 1
        for gate in self.gates:
            gate.left += 1
        for census, domain in self.raises:
            census.take(domain)

    def without_company(self) -> tuple[Census, int] | None:
        """Where company is missing for the next one, or None."""
        for census, domain in self.company:
            if domain == NOWHERE or not census.counts[domain]:
                nobody = self.seeds and not any(other.total for other, _ in self.company)
                return None if nobody and domain != NOWHERE else (census, domain)
        return None

    def closed(self) -> Gate | None:
        """A gate that turns the next one away, or None."""
        return next((gate for gate in self.gates if not gate.is_open), None)

    def spoils(self) -> Gate | None:
        """A gate that others have yet to pass and never could once one more of these is there, or None."""
        for census, domain in self.raises:
            for gate in census.gates.get(domain, ()):
                others = gate.left - (gate in self.gates)
                if others > 0 and census.counts[domain] >= gate.limit:
                    return gate
        return None


@dataclass(frozen=True)
class OrderModel:
    """`lots` of the steps whose turn matters, `free` positions of those whose turn does not.

    `seeds`: lots that have to be first in their series, in their order.
    """

    lots: tuple[Lot, ...]
    free: tuple[int, ...]
    seeds: tuple[Lot, ...]
