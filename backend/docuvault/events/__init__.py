"""News for the UI: published by whoever changes a row, heard by open browsers."""
