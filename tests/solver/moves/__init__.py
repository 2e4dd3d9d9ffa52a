"""Tests of solver/moves."""
