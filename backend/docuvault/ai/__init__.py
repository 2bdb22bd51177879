"""Embedders and classifiers, local and remote, behind two small ports."""

import os

# onnxruntime reports to its maker unless told otherwise before it loads; a vault reports to nobody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
