"""Measured runs: `python -m placewright.benchmarks --help`, or `make bench` and `make bench-full`."""
