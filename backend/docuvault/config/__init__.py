"""Inert settings and the one place that reads them from the environment."""
