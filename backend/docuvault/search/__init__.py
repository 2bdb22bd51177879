"""Finding documents by words and by meaning."""
