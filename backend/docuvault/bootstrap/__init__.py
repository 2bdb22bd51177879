"""Settings become resources; the only room that names implementations."""
