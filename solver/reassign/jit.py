"""Inner loops as machine code where Numba is installed (extra `fast`), as plain Python where not."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

FAST = find_spec("numba") is not None


def compiled(function: F) -> F:
    """The function, translated when it is first called; what was translated is kept for the next time."""
    if not FAST:
        return function
    from numba import njit  # noqa: PLC0415

    translated: F = njit(cache=True, nogil=True)(function)
    return translated
