"""How each rule that is more than a node filter is encoded. The registry is the literal tuple below."""

from __future__ import annotations

from placewright.solver.rules.base import Encoder

ENCODERS: tuple[type[Encoder], ...] = ()
