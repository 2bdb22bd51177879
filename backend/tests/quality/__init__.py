"""Measurements against public collections; run by hand, not part of the test suite."""
