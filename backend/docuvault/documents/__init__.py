"""What people do with documents: upload, list, correct, delete."""
