"""How much one input may ask for. Each bound is far above any real cluster and far below harm."""

from __future__ import annotations

MAX_BYTES = 4 * 2**30
"""Size of one input once it is unpacked, in bytes: 150,000 Pods as indented JSON are under 2 GiB."""

MAX_DEPTH = 200
"""Mappings and sequences inside each other. A Pod needs about 12."""

MAX_ALIASED = 2_000_000
"""Values that aliases (`*name`) may stand for in one YAML document; what is written out is not counted."""

BLOCK = 2**20
"""Bytes read or unpacked at a time, so that a bound is noticed before the memory is gone."""

LARGE = 16 * 2**20
"""Bytes of JSON from which on a list is taken apart while it is read: what it takes is then a few blocks."""

LARGE_BLOCK = 2**20
"""Bytes of such a file in memory at a time: more are slower, as they leave the processor's cache."""

PARTED = 64 * 2**20
"""Bytes of such a file from which on several processes read it."""

PART = 8 * 2**20
"""Bytes that one of them reads at a time."""

LONGEST_ITEM = 16 * 2**20
"""Bytes of one item of such a list; where one is longer, all of it is read at once. etcd takes 1.5 MiB."""

MAX_DIGITS = 300
"""Digits of an integer; more cannot be a float either."""
