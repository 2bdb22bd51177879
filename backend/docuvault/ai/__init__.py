"""Embedders and classifiers, local and remote, behind two small ports."""
