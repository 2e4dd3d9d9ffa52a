"""What wishes cost at least, agent by agent, by who is there already.

In a domain with a owners and b of the agents that are meant there to stay, and u and v of them to come, the
pairs are ab + b*u + a*v + u*v. All but the last are the agents' own. Unwanted pairs of agents that are all
yet to come may be none. Wanted ones are at most as many for each owner as of those meant may come to its
domain, or for each of those meant as owners may, whichever is less in all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.floor import Floor
from placewright.solver.objectives.pairing import Pairing


def pairs_floor(pairings: Sequence[Pairing], cap: IntArray, size: IntArray) -> Floor:
    """The floor of what `pairings` cost, for counts within `cap` (G, N), of each no more than `size` (G,)."""
    slopes = np.zeros(cap.shape)
    constant = 0.0
    for pairing in pairings:
        wish = _Wish(pairing, cap, size)
        constant += wish.at_first()
        slopes[pairing.owners] += wish.owner()
        slopes[pairing.meant] += wish.meant()
    return Floor(Floor.flat(cap, constant).base, slopes)


class _Wish:
    """One wish: what an owner, and one of the agents that it means, adds to its cost on each node (N,)."""

    def __init__(self, pairing: Pairing, cap: IntArray, size: IntArray) -> None:
        self._pairing = pairing
        asked = pairing.asked
        self._scale = asked.wish.points / (asked.wish.parts * asked.most)
        self._owning = pairing.by_domain(np.where(pairing.where, pairing.owning, 0))
        self._present = pairing.by_domain(np.where(pairing.within, pairing.present, 0))
        everybody = np.where(pairing.where, size.sum(), 0)
        owners = _coming(cap, size, pairing.owners, everybody, pairing)
        meant = _coming(cap, size, pairing.meant, np.where(pairing.within, pairing.fit, 0), pairing)
        self._concerns_nobody = not owners.any() and not meant.any()
        self._owners_meet, self._meant_meet = np.zeros_like(meant), np.zeros_like(owners)
        if pairing.together:
            by_owners = int(size[pairing.owners].sum()) * int(meant.max(initial=0))
            by_meant = int(size[pairing.meant].sum()) * int(owners.max(initial=0))
            if by_owners <= by_meant:
                self._owners_meet = meant
            else:
                self._meant_meet = owners

    def at_first(self) -> float:
        """The cost before anybody comes; it is rounded up with all that is added, or nothing is."""
        first = self._pairing.at_first()
        return first if self._concerns_nobody else first - 1.0

    def owner(self) -> FloatArray:
        pairing = self._pairing
        company = self._on_nodes(self._present + self._owners_meet)
        if pairing.together:
            # It is none of the others itself.
            return self._scale * pairing.where * (pairing.asked.most + pairing.itself - company)
        return self._scale * pairing.where * company

    def meant(self) -> FloatArray:
        pairing = self._pairing
        company = self._on_nodes(self._owning + self._meant_meet)
        return self._scale * pairing.within * (-company if pairing.together else company)

    def _on_nodes(self, amount: IntArray) -> FloatArray:
        """(N,) from amounts by domain (D,); 0 on nodes that have none."""
        found: FloatArray = np.append(amount, 0)[self._pairing.domain].astype(np.float64)
        return found


def _coming(cap: IntArray, size: IntArray, groups: IntArray, room: IntArray, pairing: Pairing) -> IntArray:
    """int64 (D,): how many agents of `groups` a domain may receive, no more than `room` (N,) a node."""
    most = np.zeros(pairing.domains, dtype=np.int64)
    for g in groups.tolist():
        most += np.minimum(size[g], pairing.by_domain(np.minimum(cap[g], room)))
    return np.minimum(most, pairing.by_domain(np.minimum(cap[groups].sum(axis=0), room)))
