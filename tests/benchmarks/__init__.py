"""Tests of the benchmarks: that what they make and print is what they say."""
