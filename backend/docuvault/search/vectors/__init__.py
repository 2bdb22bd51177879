"""The vector index port and its two drivers."""
