"""Builds a BERT sentence encoder as an ONNX graph straight from its weights, without torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

Weights = Mapping[str, NDArray[np.float32]]

_OPSET = 20
_IR_VERSION = 10


@dataclass(frozen=True, slots=True)
class BertShape:
    """The numbers of a BERT encoder that its weights do not tell."""

    layers: int
    heads: int
    hidden: int
    epsilon: float


class _GraphBuilder:
    """Collects nodes and constants; every method returns the name of the value it made."""

    def __init__(self, weights: Weights, shape: BertShape, damping: Weights) -> None:
        self._weights = weights
        self._shape = shape
        self._damping = damping
        self._damped: dict[str, str] = {}
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def dense(self, value: str, weight: NDArray[Any], bias: NDArray[Any], name: str) -> str:
        """`value @ weight + bias`, with `weight` of shape (in, out)."""
        if value in self._damping:
            weight = weight * self._damping[value][:, np.newaxis]
            value = self.damped(value)
        product = self.node(
            "MatMul", [value, self.constant(f"{name}.weight", weight)], f"{name}.product"
        )
        return self.node("Add", [product, self.constant(f"{name}.bias", bias)], name)

    def damped(self, value: str) -> str:
        """The value with its loud channels turned down, made once for all that read it."""
        if value not in self._damped:
            factors = self.constant(f"{value}.factors", 1 / self._damping[value])
            self._damped[value] = self.node("Mul", [value, factors], f"{value}.damped")
        return self._damped[value]

    def linear(self, value: str, key: str) -> str:
        """The dense layer stored under `key`; stored weights are of shape (out, in)."""
        return self.dense(
            value, self._weights[f"{key}.weight"].T, self._weights[f"{key}.bias"], key
        )

    def normalise(self, value: str, key: str) -> str:
        scale = self.constant(f"{key}.scale", self._weights[f"{key}.weight"])
        bias = self.constant(f"{key}.bias", self._weights[f"{key}.bias"])
        return self.node(
            "LayerNormalization", [value, scale, bias], key, axis=-1, epsilon=self._shape.epsilon
        )

    def embeddings(self) -> str:
        """Word, position and first-segment embeddings, added and normalised."""
        length = self.node("Shape", ["input_ids"], "length", start=1, end=2)
        # The segment is always the first one, so its vector can live in the position table.
        places = (
            self._weights["embeddings.position_embeddings.weight"]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        table = self.constant("embeddings.word", self._weights["embeddings.word_embeddings.weight"])
        words = self.node("Gather", [table, "input_ids"], "words", axis=0)
        placed = self.node(
            "Slice",
            [
                self.constant("embeddings.places", places),
                self.constant("first", np.array([0], np.int64)),
                length,
            ],
            "places",
        )
        return self.normalise(self.node("Add", [words, placed], "embedded"), "embeddings.LayerNorm")

    def attention(self, value: str, layer: int) -> str:
        """Multi-head self-attention of one layer, before its output projection."""
        prefix = f"encoder.layer.{layer}.attention"
        heads, width = self._shape.heads, self._shape.hidden // self._shape.heads
        split = self.constant(f"{prefix}.split", np.array([0, 0, heads, width], np.int64))
        parts: list[str] = []
        for part in ("query", "key", "value"):
            key = f"{prefix}.self.{part}"
            weight, bias = self._weights[f"{key}.weight"].T, self._weights[f"{key}.bias"]
            if part == "query":  # the usual division of the scores, done once and for all
                weight, bias = weight / np.sqrt(width), bias / np.sqrt(width)
            flat = self.dense(value, weight.astype(np.float32), bias.astype(np.float32), key)
            shaped = self.node("Reshape", [flat, split], f"{key}.heads")
            order = [0, 2, 3, 1] if part == "key" else [0, 2, 1, 3]
            parts.append(self.node("Transpose", [shaped], f"{key}.turned", perm=order))
        query, keys, values = parts
        scores = self.node("MatMul", [query, keys], f"{prefix}.scores")
        shares = self.node("Softmax", [scores], f"{prefix}.shares", axis=-1)
        context = self.node("MatMul", [shares, values], f"{prefix}.context")
        turned = self.node("Transpose", [context], f"{prefix}.turned", perm=[0, 2, 1, 3])
        join = self.constant(f"{prefix}.join", np.array([0, 0, self._shape.hidden], np.int64))
        return self.node("Reshape", [turned, join], f"{prefix}.joined")

    def layer(self, value: str, layer: int) -> str:
        """One post-norm transformer layer."""
        prefix = f"encoder.layer.{layer}"
        attended = self.attention(value, layer)
        projected = self.linear(attended, f"{prefix}.attention.output.dense")
        added = self.node("Add", [projected, value], f"{prefix}.attention.added")
        value = self.normalise(added, f"{prefix}.attention.output.LayerNorm")
        wide = self.linear(value, f"{prefix}.intermediate.dense")
        active = self.node("Gelu", [wide], f"{prefix}.gelu", approximate="none")
        narrow = self.linear(active, f"{prefix}.output.dense")
        return self.normalise(
            self.node("Add", [narrow, value], f"{prefix}.added"), f"{prefix}.output.LayerNorm"
        )

    def pool(self, value: str) -> str:
        """The mean of all token vectors, scaled to length one."""
        axis = self.constant("tokens", np.array([1], np.int64))
        mean = self.node("ReduceMean", [value, axis], "pool.mean", keepdims=0)
        return self.node("LpNormalization", [mean], "embedding", axis=-1, p=2)


def dense_inputs(shape: BertShape) -> list[str]:
    """Names of the values, last axis channels, that dense layers read and `damping` may name."""
    layers = [f"encoder.layer.{number}" for number in range(shape.layers)]
    before = ["embeddings.LayerNorm", *(f"{layer}.output.LayerNorm" for layer in layers[:-1])]
    between = [f"{layer}.attention.output.LayerNorm" for layer in layers]
    return [*before, *between, *(f"{layer}.gelu" for layer in layers)]


def build_bert(weights: Weights, shape: BertShape, damping: Weights | None = None) -> ModelProto:
    """The encoder as a checked ONNX model.

    `damping` divides channels of the named values before dense layers and multiplies the weights
    that read them: the float result is the same, but no channel drowns the others when rounded.
    Input: `input_ids`, int64 of shape (batch, length), every row full: there is no mask, since a
    padded neighbour would change how the quantised model rounds a text. Output: `embedding`,
    float32 unit vectors of shape (batch, hidden), the mean of the last layer.
    Raises KeyError when a weight is missing.
    """
    graph = _GraphBuilder(weights, shape, damping or {})
    value = graph.embeddings()
    for layer in range(shape.layers):
        value = graph.layer(value, layer)
    output = graph.pool(value)
    model: ModelProto = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "bert",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", shape.hidden])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="docuvault",
    )
    checker.check_model(model)
    return model
