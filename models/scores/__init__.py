"""What each score means: how good a finished placement is, read from the state alone."""

from __future__ import annotations

from placewright.models.scores import balance
from placewright.models.scores.base import Score

SCORES: tuple[Score, ...] = (balance.SCORE,)
