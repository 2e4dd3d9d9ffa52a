"""A property that is worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from placewright.models.once import once


@dataclass(frozen=True)
class Word:
    letters: str
    asked: list[str] = field(default_factory=list)

    @once
    def length(self) -> int:
        """How long it is."""
        self.asked.append(self.letters)
        return len(self.letters)


def test_it_is_worked_out_once_for_each_object() -> None:
    word = Word("agent")
    assert (word.length, word.length) == (5, 5)
    assert word.asked == ["agent"]
    assert replace(word, letters="pod").length == 3


def test_equality_and_documentation_are_as_without_it() -> None:
    asked, other = Word("node"), Word("node")
    assert asked.length == 4
    assert asked.letters == other.letters
    assert Word.length.__doc__ == "How long it is."
