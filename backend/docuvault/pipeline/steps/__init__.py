"""The stages: one module each, plain functions over the pipeline's context."""
