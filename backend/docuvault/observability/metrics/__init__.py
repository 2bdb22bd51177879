"""Metric sinks behind one small interface."""
