"""An order found in one go: whoever is refused waits for the one thing that can let it in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from heapq import heappop, heappush

from placewright.solver.order_model import Census, Gate, Lot, OrderModel


class Greedy:
    """Places steps by their positions, but none where that would shut others out for good.

    Of those that wait at one gate one is woken at a time, and only when the gate is open: the time for each
    step hardly grows with their number. `order` holds the lots as they were placed.
    """

    def __init__(self, model: OrderModel) -> None:
        self._lots = model.lots
        self._ready: list[tuple[int, int]] = []
        self._waiting: dict[Hashable, list[tuple[int, int]]] = {}
        self._gates: dict[Census, dict[Gate, None]] = {}
        """Those that somebody waits at."""
        self._seeds = {id(seed) for seed in model.seeds}
        self._series: dict[Census, int] = {}
        """How many seeds have yet to come that need this census to be empty."""
        for seed in model.seeds:
            for census, _ in seed.company:
                self._series[census] = self._series.get(census, 0) + 1
        self.order: list[Lot] = []

    def run(self) -> None:
        """Place all that can be placed."""
        for i, lot in enumerate(self._lots):
            heappush(self._ready, (lot.next, i))
        while self._ready:
            position, i = heappop(self._ready)
            lot = self._lots[i]
            reason = self._refusal(lot)
            if reason is None:
                self._place(lot)
                if lot.left:
                    heappush(self._ready, (lot.next, i))
            else:
                heappush(self._waiting.setdefault(reason, []), (position, i))
                if isinstance(reason, Gate):
                    self._gates.setdefault(reason.census, {})[reason] = None
            self._admit(lot.gates)

    def _refusal(self, lot: Lot) -> Hashable | None:
        """What the next step of the lot has to wait for, or None."""
        missing = lot.without_company()
        if missing is not None:
            return missing
        own = {census for census, _ in lot.company} if id(lot) in self._seeds else ()
        for census, _ in lot.raises if self._series else ():
            if self._series.get(census, 0) > (census in own):
                return census
        closed = lot.closed()
        if closed is not None:
            return closed
        spoilt = lot.spoils()
        return None if spoilt is None else (spoilt, "passed")

    def _place(self, lot: Lot) -> None:
        risen = lot.place()
        self.order.append(lot)
        for census, domain in lot.raises:
            if census.counts[domain] == 1:
                self._wake((census, domain))
        for gate in lot.gates:
            if gate.left <= 1:
                self._wake((gate, "passed"))
        for census in risen:
            self._admit(list(self._gates.get(census, ())))
        if id(lot) in self._seeds:
            self._seeds.remove(id(lot))
            for census, _ in lot.company:
                self._series[census] -= 1
                self._wake(census)

    def _wake(self, reason: Hashable) -> None:
        for item in self._waiting.pop(reason, ()):
            heappush(self._ready, item)

    def _admit(self, gates: Iterable[Gate]) -> None:
        """The next one of those that wait at each gate that is open."""
        for gate in gates:
            waiting = self._waiting.get(gate)
            if waiting and gate.is_open:
                heappush(self._ready, heappop(waiting))
                if not waiting:
                    del self._gates[gate.census][gate]
