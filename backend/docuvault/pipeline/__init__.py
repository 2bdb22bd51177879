"""What happens to a document after upload."""
