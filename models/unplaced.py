"""Who stays pending, and why: said once for all of whom it holds, read one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Self, TypeAlias, overload

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from placewright.models.document import Document

_set = object.__setattr__
"""As pydantic itself does when it copies: models are frozen."""


class UnplacedReason(Document):
    """Why, by one rule. `nodes` are those it rules out; empty where the rule is not about nodes."""

    rule: str
    message: str
    nodes: tuple[str, ...] = ()


class Unplaced(Document):
    """An agent that stays pending. `message` is one line in kube-scheduler's style.

    like: in files only, NAMESPACE/NAME of one further up for which the same reasons hold, in place of them.
    """

    namespace: str
    agent: str
    priority: int = 0
    message: str = ""
    like: str = ""
    reasons: tuple[UnplacedReason, ...] = ()

    def said_of(self, agent: str) -> Self:
        """The same of another agent of its namespace.

        What was validated once is not validated again: there may be 150,000 of them and a second for all.
        """
        other = type(self).__new__(type(self))
        _set(other, "__dict__", {**self.__dict__, "agent": agent})
        _set(other, "__pydantic_fields_set__", self.model_fields_set)
        _set(other, "__pydantic_extra__", None)
        _set(other, "__pydantic_private__", None)
        return other

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.agent}"


Kind: TypeAlias = tuple[Unplaced, tuple[str, ...]]
"""What is said, and the names of whom it is said of, all in its namespace; never nobody."""


class LeftOut(Sequence[Unplaced]):
    """Those who stay pending, one by one in their order; made when they are asked for.

    kinds: the same, those together that follow one another and are told the same. A limit may leave time to
    name 600,000 agents, but not to make an object of each.
    """

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        self.kinds: tuple[Kind, ...] = tuple(kinds)
        self._number = sum(len(names) for _, names in self.kinds)

    @classmethod
    def of(cls, items: Iterable[Unplaced]) -> Self:
        """Of what is known of each by itself."""
        return cls((item, (item.agent,)) for item in items)

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Unplaced]:
        for said, names in self.kinds:
            for name in names:
                yield said if name == said.agent else said.said_of(name)

    @overload
    def __getitem__(self, index: int) -> Unplaced: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Unplaced]: ...
    def __getitem__(self, index: int | slice) -> Unplaced | Sequence[Unplaced]:
        if isinstance(index, slice):
            return tuple(self)[index]
        position = range(self._number)[index]
        return next(islice(self, position, None))

    def __eq__(self, other: object) -> bool:
        """As sequences: nothing is read of who is taken together."""
        if not isinstance(other, LeftOut | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LeftOut({list(self)!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In files a list of all of them."""
        listed = handler.generate_schema(tuple[Unplaced, ...])
        return core_schema.no_info_wrap_validator_function(
            lambda value, read: value if isinstance(value, cls) else cls.of(_told_of_each(read(value))),
            listed,
            serialization=core_schema.plain_serializer_function_ser_schema(_told_once, return_schema=listed),
        )


def _told_once(unplaced: LeftOut) -> tuple[Unplaced, ...]:
    """Reasons only for the first of those that share them: they may list every node there is."""
    first: dict[tuple[int, ...], str] = {}
    told: list[Unplaced] = []
    for said, names in unplaced.kinds:
        same = tuple(map(id, said.reasons))
        new = bool(same) and same not in first
        if new:
            told.append(said.said_of(names[0]))
            first[same] = told[-1].key
        rest = said.model_copy(update={"like": first[same], "reasons": ()}) if same else said
        told.extend(rest.said_of(name) for name in (names[1:] if new else names))
    return tuple(told)


def _told_of_each(unplaced: tuple[Unplaced, ...]) -> tuple[Unplaced, ...]:
    """The other way round. Raises ValueError where nobody of that name comes before."""
    if not any(item.like for item in unplaced):
        return unplaced
    known: dict[str, tuple[UnplacedReason, ...]] = {}
    told = []
    for item in unplaced:
        if item.like and item.like not in known:
            raise ValueError(f"{item.key} is like {item.like}, which does not come before it")
        same = {"like": "", "reasons": known[item.like]} if item.like else {}
        told.append(item.model_copy(update=same) if same else item)
        known[item.key] = told[-1].reasons
    return tuple(told)
