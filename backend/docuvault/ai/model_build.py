"""Turns float weights into the quantised ONNX file; run as a program by `model`, once.

Usage: python -m docuvault.ai.model_build WEIGHTS TOKENIZER OUTPUT
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnxruntime import InferenceSession
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.quant_utils import add_pre_process_metadata
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from docuvault.ai.bert_graph import BertShape, Weights, build_bert, dense_inputs

_SHAPE = BertShape(layers=6, heads=12, hidden=384, epsilon=1e-12)

# Channels louder than this share of all are turned down to it. They are few and the same for
# every text, so a handful of varied texts finds them.
_LOUD_PERCENTILE = 95
_SAMPLES = (
    "Please pay the invoice of 12 March by bank transfer.",
    "Chapter 3: how plants make food from light and water.",
    "Dear Ms Smith, thank you for your letter about the flat.",
    "def main(): print('hello world')",
    "The board approved the annual report for 2024 and a dividend of 1.20 per share.",
    "Der Vertrag endet am 31. Dezember.",
    "Yes.",
    "Boil the pasta for ten minutes, then add salt, oil and basil.",
    "Patient: no known allergies; blood pressure 120/80.",
    "The court finds for the plaintiff.",
    "Flight LH 400 departs at 10:50 from gate B42.",
    "Insurance policy no. 4711, liability up to 5 million.",
)


def build_quantised(weights: Path, tokenizer: Path, output: Path) -> None:
    """Write the encoder with int8 weights, one scale per channel, to `output`."""
    floats = load_file(weights)
    damping = _loud_channels(floats, Tokenizer.from_file(str(tokenizer)))
    model = build_bert(floats, _SHAPE, damping)
    add_pre_process_metadata(model)  # the graph needs no clean-up, so no warning about it either
    quantize_dynamic(
        model,
        output,
        weight_type=QuantType.QInt8,
        per_channel=True,
        # Seven bits: processors without VNNI add two products in 16 bits, which eight would flood.
        reduce_range=True,
    )


def _loud_channels(floats: Weights, tokenizer: Tokenizer) -> dict[str, NDArray[np.float32]]:
    """By how much to turn channels down, 1 for most, per value that dense layers read.

    Activations are rounded with one scale for all channels, and in this model a few channels are
    ten times louder than the rest, which would then be rounded to almost nothing.
    """
    tokenizer.no_padding()
    names = dense_inputs(_SHAPE)
    model = build_bert(floats, _SHAPE)
    for name in names:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    loudness: dict[str, NDArray[np.float32]] = {}
    for text in (*_SAMPLES, " ".join(_SAMPLES)):
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        for name, value in zip(names, session.run(names, {"input_ids": ids}), strict=True):
            loudest = np.abs(value).max(axis=(0, 1))
            loudness[name] = np.maximum(loudness.get(name, loudest), loudest)
    # Rounded, so that processors which add in another order still build the same file.
    return {
        name: np.maximum(value / np.float32(np.percentile(value, _LOUD_PERCENTILE)), 1).round(2)
        for name, value in loudness.items()
    }


if __name__ == "__main__":
    build_quantised(*map(Path, sys.argv[1:4]))
