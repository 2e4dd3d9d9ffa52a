"""What each rule means, one module per rule. The registry is the literal tuple below."""

from __future__ import annotations

from placewright.models.rules.base import Rule

RULES: tuple[Rule, ...] = ()
