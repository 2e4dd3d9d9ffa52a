"""Tests of solver/wave_checks."""
