"""What reading asks of whoever takes Pods by their text."""

from __future__ import annotations

from typing import Any, Protocol

from placewright.models.reading.condense import Condensed, Fields, Shape
from placewright.models.reading.spec_texts import Match


class Matches(Protocol):
    """Who takes Pods by their text. `kind` and `version` are those of an object that does not say its own."""

    def match(self, text: bytes, at: int, kind: str) -> Match | None:
        """Where the spec of the Pod that begins at `at` lies, if that is known already."""

    def take(self, text: bytes, at: int, end: int, kind: str, version: str, match: Match | None) -> Any:
        """The Pod that a stretch of JSON text is, or what stands for it if it is none.

        Raises orjson.JSONDecodeError.
        """


class Takes(Matches, Protocol):
    """Who knows what Pods are: from `take`, a dict is a document, and anything else a Pod."""

    @property
    def fields(self) -> Fields:
        """What somebody else has to know to condense them."""

    def shape(self, said: Shape) -> Any:
        """What these texts say, one object for equal ones; None for what no Pod can say."""

    def adopt(self, shape: Any, condensed: Condensed) -> Any:
        """The Pod that somebody else has condensed, whose shape is this one."""
