"""Which plan of enrichment may run now."""
