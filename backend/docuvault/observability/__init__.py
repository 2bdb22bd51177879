"""Logs and metric sinks."""
