"""Turns float weights into the quantised ONNX file; run as a program by `model`, once.

Usage: python -m docuvault.ai.model_build WEIGHTS OUTPUT
"""

import sys
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.quant_utils import add_pre_process_metadata
from safetensors.numpy import load_file

from docuvault.ai.bert_graph import BertShape, build_bert

_SHAPE = BertShape(layers=6, heads=12, hidden=384, epsilon=1e-12)


def build_quantised(weights: Path, output: Path) -> None:
    """Write the encoder with int8 weights, one scale per channel, to `output`."""
    model = build_bert(load_file(weights), _SHAPE)
    add_pre_process_metadata(model)  # the graph needs no clean-up, so no warning about it either
    quantize_dynamic(
        model,
        output,
        weight_type=QuantType.QInt8,
        per_channel=True,
        # Seven bits: processors without VNNI add two products in 16 bits, which eight would flood.
        reduce_range=True,
    )


if __name__ == "__main__":
    build_quantised(Path(sys.argv[1]), Path(sys.argv[2]))
