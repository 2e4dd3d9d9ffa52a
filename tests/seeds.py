"""Many random cases in one test, and which of them failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def named(seed: int) -> Iterator[None]:
    """What fails inside says for which seed."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error
