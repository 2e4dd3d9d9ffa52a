"""Inner loops as machine code where Numba is installed (extra `fast`), as plain Python where not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])
SUMS = {"reassoc", "nsz", "contract"}
"""Sums may be taken several at once and in any order: exact where numbers are whole and below 2**53."""


@cache
def fast() -> bool:
    """Whether there is machine code to be had. Asking takes a second, which nobody else has to wait for."""
    try:
        import numba  # noqa: F401, PLC0415
    except ImportError:  # Also where it does not go with the NumPy that there is.
        return False
    return True


def compiled(function: F) -> F:
    """The function, translated when it is first called, and kept for the next time where there is a place."""
    return _translated(function)


def looping(function: F) -> F:
    """The same for a loop that makes no arrays.

    Numba then counts no references, which takes two thirds of the time where arrays come in a tuple.
    """
    return _translated(function, _nrt=False, fastmath=SUMS)


def inlined(function: F) -> F:
    """The same for what such a loop calls: it becomes a part of it."""
    return _translated(function, _nrt=False, fastmath=SUMS, forceinline=True)


def _translated(function: F, **options: object) -> F:
    if not fast():
        return function
    from numba import njit  # noqa: PLC0415

    try:
        kept: F = njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # Neither beside the source nor in the user's cache may anything be written.
        passing: F = njit(nogil=True, **options)(function)
        return passing
    return kept
