"""The one condition language: of fallback triggers, routing rules and saved views."""
