"""How a time limit is shared out: what has to follow the search is kept free for it.

An answer is worth nothing before it is ordered, explained and verified, and that takes time in proportion to
the agents that are placed. How much is told by a sample of the same work on this machine.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from itertools import cycle

from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.clock import Crowding, Deadline

GRACE, GRACE_SHARE = 0.8, 0.1
"""Seconds beyond the limit, never more than it has itself, and the part of it, that may be used.

A second would still be in time; what is kept of it is for a machine that is busier later than at first.
"""
SAFETY = 0.8
"""The part of that time that is counted on where there is not enough for everybody."""
SAMPLES, SAMPLE, SAMPLE_NODES = 6, 2_000, 50
"""By how many agents, and how often, it is measured how long it takes to put one on its node.

No more nodes than a processor's cache holds: what is measured is how fast the machine is.
"""
ORDER, PLAN, VERIFY = 70.0, 50.0, 95.0
"""What each takes for one placed agent, in times that it takes to put it on its node.

Verifying looks at what nobody has looked at for long, and was 80 to 120 where others wanted the memory, too.
"""
SLACK = 1.15
"""How much more is kept free for that after a search: where it is too little, agents are left out for it."""
UNTOLD = 1e-6
"""Seconds to put an agent on its node where nothing, or nothing that the clock shows, could be measured."""
CACHED = 8_000
"""Nodes up to which each takes that; what is looked up among more of them is less and less in a cache."""
SPARE = 120.0
"""The same for looking, twice, whether every eviction was needed."""
CHOOSE = 40.0
"""The same for the plainest choice of a node."""
LIST = 5.0
"""The same for an agent that is left out, be it explained or not: it is listed, and accounted for."""
COMPILE_KIND, COMPILE_PAIR = 550.0, 0.9
"""The same for compiling, for each kind of agent that a template makes, and with each node."""
BEGIN_PAIR = 0.5
"""The same, for each kind of agent and node, for what any answer takes to be begun, ordered and told."""
TELLING, MOST_TELLING = 0.2, 2.0
"""Seconds of compiling that say more of the machine than a sample, and how many times slower at most.

A sample stays in the processor's cache, and is so short that it may be of a moment that is like no other.
"""
PATIENCE = 0.25
"""The part of the limit in which it is looked again whether a machine is too busy to compile."""
LITTLE = 0.25
"""Seconds of processor time for compiling that nobody is refused."""
LOOK = 30.0
"""The same for asking all rules about one kind of agent and one node."""
ENOUGH = 0.95
"""The part of those placed that, if it can still be verified in time, is not worth placing anew."""
HOPEFUL = 0.7
"""The part of all for which there has to be time for all to be tried, where some can be left out later."""
SLOW = 3.0
"""How many times slower than it is the machine may seem for a moment."""
MORE = 1.2
"""How many times as many agents must be affordable after all for an answer to be worth beginning anew."""
MOST_CROWDED = 10.0
"""How much longer than its work something is taken to last by the clock, at most."""
EXPLAIN_SHARE = 0.1
"""The part of the limit that is kept free for explaining, at most."""


class Budget:
    """One limit, from now on. `snapshot`: whose agents; `evicting`: whether running ones may leave.

    pace: seconds to put an agent on its node, without asking anything; measured if not given.
    """

    def __init__(
        self, snapshot: Snapshot, seconds: float, *, evicting: bool = False, pace: float | None = None
    ) -> None:
        self._seconds = seconds
        self._end = Deadline(seconds)
        self._last = Deadline(seconds * (1.0 + GRACE_SHARE) + min(GRACE, seconds))
        self._snapshot = snapshot
        self._evicting = evicting
        self._given = pace
        self._measured: float | None = None
        self._compiling = 0.0
        self._crowding = Crowding()

    @property
    def pace(self) -> float:
        """Seconds that it takes to put one agent on its node, without asking anything.

        If measured, by the clock: on a crowded machine as much longer as what was done of late took.
        """
        if self._given is not None:
            return self._given
        if self._measured is None:
            self._measured = _pace(self._snapshot)
        working = min(max(self._measured, self._compiling), MOST_TELLING * self._measured)
        return working * min(self._crowding.factor(), MOST_CROWDED)

    def compiling(self) -> Deadline:
        """Until when compiling may go on, for what follows to be in time.

        Passed already where it would take longer than that, unless it is little.
        """
        work = self._compile_passes
        after = self._begin + self._standing + LIST * len(self._snapshot.pending)
        pace = self.pace
        if work * (pace if self._measured is None else self._measured) <= LITTLE:
            return Deadline(math.inf)
        patience = Deadline(PATIENCE * self._seconds)
        while pace * (work + after) > self._last.remaining() and not patience.passed:
            if self._measured is None or self._measured / SLOW * (work + after) > self._last.remaining():
                break
            # It may be in time but for others, and a moment is no evidence.
            self._crowding.anew()
            self._measured = min(self._measured, _pace(self._snapshot))
            pace = self.pace
        left = self._last.remaining() - pace * after
        return Deadline(left if pace * work <= left else 0.0)

    def compiled(self, seconds: float) -> None:
        """Compiling took so many seconds of processor time: so fast is the machine at such work."""
        if seconds >= TELLING:
            self._compiling = seconds / self._compile_passes

    def most(self, *, shortens: bool = False) -> int | None:
        """How many agents can still be placed, ordered and verified in time; None: all that wait.

        shortens: whoever turns out to be too many can be left out later, so that nobody need be where the
        machine seems a little slow.
        """
        pending = len(self._snapshot.pending)
        found = self._affordable(CHOOSE + self._tail, self._begin)
        return None if found >= (HOPEFUL if shortens else 1.0) * pending else found

    def still(self, placed: int) -> int:
        """How many of those `placed` can still be ordered and verified in time.

        Fewer only where that has become much less than was thought: the machine is busier than it was.
        """
        found = self._affordable(self._tail, 0.0)
        return found if found < ENOUGH * placed else placed

    def again(self, most: int, placed: int, seconds: float) -> bool:
        """Whether so many more than `most` can be placed in what is left that it is worth beginning anew.

        Of `most`, `placed` were placed in so many seconds by the clock, verified: from then on that is what
        everything is reckoned by.
        """
        left_out = len(self._snapshot.pending) - placed
        passes = self._begin + self._standing + LIST * left_out + (CHOOSE + self._tail) * placed
        self._given = seconds / max(passes, 1.0)
        more = self.most()
        return more is None or more >= MORE * max(most, 1)

    def _affordable(self, each: float, first: float) -> int:
        """Agents that there is time for, at so many passes `each`, `first` ones before anybody's."""
        listing = LIST * len(self._snapshot.pending)
        passes = SAFETY * self._last.remaining() / self.pace - first - self._standing - listing
        return max(int(passes / (each - LIST)), 0)

    def tellable(self, placed: int, ordering: float) -> int:
        """How many of those `placed`, ordered in so many seconds, can be told and verified in time.

        All of them, where it is nearly all.
        """
        each = SLACK * ordering / max(placed, 1) * (PLAN + VERIFY) / ORDER
        passes = self._begin / 2 + self._standing + LIST * len(self._snapshot.pending)
        left = self._last.remaining() - self.pace * passes
        found = int(max(left, 0.0) / each) if each > 0.0 else placed
        return found if found < ENOUGH * placed else placed

    def construction(self, agents: int) -> float:
        """Seconds for a first answer of which so many agents are placed."""
        left = self._last.remaining()
        after = self.pace * (self._tail * agents + self._standing)
        return max(left * (1.0 - SAFETY), left - after)

    def search(self, placed: int, looks: int) -> Deadline:
        """Until when the search may go on: `placed` agents have to be emitted.

        looks: (kind of agent, node) pairs that are to be explained.
        """
        left_out = len(self._snapshot.pending) - placed
        after = SLACK * self.pace * (self._tail * placed + self._standing + LIST * left_out)
        return self._end.minus(after + self._explaining(looks))

    def utmost(self, placed: int) -> Deadline:
        """Until when a first answer may be made where all hangs on it.

        With little kept free to be safe, and nothing to explain: whoever is left out is listed all the same.
        """
        left_out = len(self._snapshot.pending) - placed
        after = self.pace * (self._tail * placed + self._standing + LIST * left_out)
        return self._last.minus(after + GRACE_SHARE / 2 * self._seconds)

    def proof(self, placed: int, ordering: float, looks: int) -> Deadline:
        """Until when bounds may be looked for once `placed` agents are ordered, which took so many seconds.

        `looks` as in `search`. What was kept free for the order to be safe is not needed any more.
        """
        left_out = len(self._snapshot.pending) - placed
        telling = SLACK * ordering * (PLAN + VERIFY) / ORDER
        listing = SLACK * self.pace * (self._standing + LIST * left_out)
        return self._end.minus(telling + listing + self._explaining(looks))

    def explanation(self, placed: int, *, hurried: bool = False) -> Deadline:
        """Until when explaining may go on; whoever is not placed is listed after that.

        `hurried`: there is no time for all agents; what was left to be safe is then not for explaining.
        """
        left_out = len(self._snapshot.pending) - placed
        passes = VERIFY * self._spread_out * placed + self._standing + LIST * left_out
        utmost = self._last.minus(self.pace * passes).remaining()
        # What may be used beyond the limit is for verifying: it can take longer than anything here tells.
        in_time = self._end.minus(SLACK * self.pace * passes).remaining()
        share = EXPLAIN_SHARE * self._seconds
        return Deadline(min(utmost, share if hurried else max(in_time, share)))

    def _explaining(self, looks: int) -> float:
        """Seconds to be kept free for so many pairs."""
        return min(self.pace * LOOK * looks, EXPLAIN_SHARE * self._seconds)

    @property
    def _tail(self) -> float:
        return self._spread_out * (ORDER + PLAN + VERIFY + (SPARE if self._evicting else 0.0))

    @property
    def _spread_out(self) -> float:
        """How many times longer an agent takes for there being so many nodes."""
        return math.sqrt(max(1.0, len(self._snapshot.nodes) / CACHED))

    @property
    def _kinds(self) -> int:
        return len(self._snapshot.pending_alike)

    @property
    def _pairs(self) -> int:
        return self._kinds * len(self._snapshot.nodes)

    @property
    def _compile_passes(self) -> float:
        return COMPILE_KIND * self._kinds + COMPILE_PAIR * self._pairs

    @property
    def _begin(self) -> float:
        """Passes for an answer with nobody placed."""
        return BEGIN_PAIR * self._pairs

    @property
    def _standing(self) -> float:
        """Passes for those who run: rules look at them, too."""
        return VERIFY * len(self._snapshot.residents) / 4


def _pace(snapshot: Snapshot) -> float:
    """Seconds of processor time; the best of a few samples, as anything can come in between."""
    agents = snapshot.pending[:SAMPLE]
    if not agents or not snapshot.nodes:
        return UNTOLD
    times = []
    # Who runs, and where nobody comes, does not matter to it, and is not worth putting in place.
    nobody = replace(snapshot, agents=(), nodes=snapshot.nodes[:SAMPLE_NODES])
    for _ in range(SAMPLES):
        state = ClusterState(nobody)
        began = time.process_time()
        for agent, node in zip(agents, cycle(nobody.nodes), strict=False):
            state.place(agent, node)
        times.append((time.process_time() - began) / len(agents))
    # Where a limit of processor time is set (`ulimit -t`) its clock goes by ticks, of milliseconds each.
    return min(times) or UNTOLD
