"""The ONNX graph of a checkpoint, written operator by operator for ONNX Runtime on a CPU.

An exporter's graph, fused by the usual optimiser, is slower: its `SkipLayerNormalization` takes six times as long as
`Add` and `LayerNormalization`, its `BiasGelu` twice as long as `Gelu`, and a mask keeps attention off the fast road.
So there is no mask: windows of one run are of one length. Products are float32, or int8 with scales fixed before
(`qingyuan.training.quantize`), so that a text is scored alone as in any batch.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from qingyuan.checkpoint import EARLY, EXIT

CONTRIB = "com.microsoft"
OPSETS = (helper.make_opsetid("", 20), helper.make_opsetid(CONTRIB, 1))
IR_VERSION = 10
FAMILIES = ("bert", "roberta", "xlm-roberta")
ACTIVATIONS = {
    "gelu": ("Gelu", {}),
    "gelu_new": ("Gelu", {"approximate": "tanh"}),
    "gelu_pytorch_tanh": ("Gelu", {"approximate": "tanh"}),
    "relu": ("Relu", {}),
}


class Product(NamedTuple):
    """`x @ weight + bias` in int8: `x`, times `smooth` by channel where given, becomes uint8 by `scale` and `zero`.

    `weight` is int8, (channels in, out), with a scale for each column, `weight_scale`.
    """

    weight: np.ndarray
    weight_scale: np.ndarray
    bias: np.ndarray
    scale: np.float32
    zero: np.uint8
    smooth: np.ndarray | None = None


Weights = Mapping[str, np.ndarray]


def build(
    weights: Weights,
    encoder: Mapping[str, Any],
    products: Mapping[str, Product] | None = None,
    exit_layer: int = 0,
) -> ModelProto:
    """From `input_ids` (windows, tokens) to `tag_logits` (windows, tokens, tags) and `topic_logits` (windows, topics).

    `weights` are a checkpoint's by name, in float32; `encoder` is the part of its config that tells the encoder.
    With `products` those named in it are int8, and the embeddings too; the input of product NAME is the tensor
    `NAME.input`. With an `exit_layer` there is one more input, `early` (a bool): whether to end after that layer.
    Raises `ValueError` for an encoder that is none of `FAMILIES`.
    """
    if encoder.get("model_type") not in FAMILIES or encoder.get("hidden_act", "gelu") not in ACTIVATIONS:
        raise ValueError(
            f"a {encoder.get('model_type')} encoder with {encoder.get('hidden_act')} can't be exported, only "
            f"{', '.join(FAMILIES)} with {', '.join(ACTIVATIONS)}; it runs with backend=torch"
        )
    return _Builder(weights, encoder, products or {}, exit_layer).model()


def product_weights(weights: Weights, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The weight, (in, out), and bias of a product; that of queries, keys and values is one."""
    layer, part = name.split(".")
    prefix = f"encoder.encoder.layer.{layer}."
    parts = {
        "qkv": [f"attention.self.{each}" for each in ("query", "key", "value")],
        "out": ["attention.output.dense"],
        "up": ["intermediate.dense"],
        "down": ["output.dense"],
    }[part]
    return (
        np.concatenate([weights[f"{prefix}{each}.weight"].T for each in parts], axis=1),
        np.concatenate([weights[f"{prefix}{each}.bias"] for each in parts]),
    )


def product_names(layers: int) -> list[str]:
    """Of all products that may be int8; heads are float32."""
    return [f"{layer}.{part}" for layer in range(layers) for part in ("qkv", "out", "up", "down")]


def quantize_columns(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 and a scale for each column; both for a weight of shape (in, out)."""
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-8) / 127
    return np.round(weight / scale).astype(np.int8), scale.astype(np.float32)


class _Builder:
    def __init__(
        self, weights: Weights, encoder: Mapping[str, Any], products: Mapping[str, Product], exit_layer: int
    ):
        self.weights = weights
        self.encoder = encoder
        self.products = products
        self.exit_layer = exit_layer
        self.nodes = []
        self.constants = {}
        self.numbers = itertools.count()  # for names: no two are alike, in branches neither

    def model(self) -> ModelProto:
        def all_layers() -> None:
            self._heads(self._layers(self.exit_layer, self.encoder["num_hidden_layers"], hidden))

        hidden = self._layers(0, self.exit_layer, self._embeddings())
        if self.exit_layer:
            early = self._branch("early", lambda: self._heads(hidden, EXIT))
            late = self._branch("late", all_layers)
            outputs = [each.name for each in self._outputs()]
            self.nodes.append(helper.make_node("If", [EARLY], outputs, then_branch=early, else_branch=late))
        else:
            all_layers()
        graph = self._graph("qingyuan", self._inputs())
        model = helper.make_model(graph, opset_imports=OPSETS, producer_name="qingyuan", ir_version=IR_VERSION)
        checker.check_model(model)
        return model

    def _branch(self, name: str, fill: Callable[[], None]) -> GraphProto:
        """What `fill` adds, as a graph inside the graph; it may read whatever came before."""
        outside = self.nodes, self.constants
        self.nodes, self.constants = [], {}
        fill()
        graph = self._graph(name, [])
        self.nodes, self.constants = outside
        return graph

    def _graph(self, name: str, inputs: list[ValueInfoProto]) -> GraphProto:
        constants = [numpy_helper.from_array(value, name) for name, value in self.constants.items()]
        return helper.make_graph(self.nodes, name, inputs, self._outputs(), constants)

    def _outputs(self) -> list[ValueInfoProto]:
        tags, topics = (len(self.weights[f"{head}.bias"]) for head in ("tag_head", "topic_head"))
        return [
            helper.make_tensor_value_info("tag_logits", TensorProto.FLOAT, ["windows", "tokens", tags]),
            helper.make_tensor_value_info("topic_logits", TensorProto.FLOAT, ["windows", topics]),
        ]

    def _inputs(self) -> list[ValueInfoProto]:
        inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["windows", "tokens"])]
        if self.exit_layer:
            inputs.append(helper.make_tensor_value_info(EARLY, TensorProto.BOOL, []))
        return inputs

    def _node(self, operator: str, *inputs: str, outputs: int | str = 1, domain: str = "", **attributes):
        """Add a node; the name of its output, or their names if it has several `outputs`, which may be a name too."""
        number = next(self.numbers)
        names = [outputs] if isinstance(outputs, str) else [f"{operator}_{number}_{i}" for i in range(outputs)]
        name = f"{operator}_{number}"
        self.nodes.append(helper.make_node(operator, inputs, names, name, domain=domain, **attributes))
        return names[0] if len(names) == 1 else names

    def _constant(self, value, dtype=None) -> str:
        value = np.array(value, dtype=dtype, order="C")
        name = f"constant_{next(self.numbers)}"
        self.constants[name] = value
        return name

    def _weight(self, name: str) -> str:
        return self._constant(self.weights[name])

    def _rows(self, table: np.ndarray, index: str) -> str:
        """The rows of a table (rows, width) at an index; the table is int8, with a scale a row, if products are."""
        if not self.products:
            return self._node("Gather", self._constant(table), index)
        small, scale = quantize_columns(table.T)
        row = self._node("Cast", self._node("Gather", self._constant(small.T), index), to=TensorProto.FLOAT)
        return self._node("Mul", row, self._node("Gather", self._constant(scale[:, None]), index))

    def _norm(self, x: str, name: str) -> str:
        weight, bias = (self._weight(f"{name}.{part}") for part in ("weight", "bias"))
        epsilon = self.encoder.get("layer_norm_eps", 1e-12)
        return self._node("LayerNormalization", x, weight, bias, axis=-1, epsilon=epsilon)

    def _embeddings(self) -> str:
        name = "encoder.embeddings."
        words = self.weights[name + "word_embeddings.weight"]
        places = self.weights[name + "position_embeddings.weight"]
        places = places + self.weights[name + "token_type_embeddings.weight"][:1]
        if self.encoder["model_type"] != "bert":
            places = places[self.encoder["pad_token_id"] + 1 :]  # RoBERTa counts places from behind its padding
        length = self._node("Gather", self._node("Shape", "input_ids"), self._constant(1, np.int64))
        place = self._node("Range", self._constant(0, np.int64), length, self._constant(1, np.int64))
        both = self._node("Add", self._rows(words, "input_ids"), self._rows(places, place))
        return self._norm(both, name + "LayerNorm")

    def _layers(self, first: int, stop: int, x: str) -> str:
        for layer in range(first, stop):
            x = self._layer(layer, x)
        return x

    def _layer(self, layer: int, x: str) -> str:
        name = f"encoder.encoder.layer.{layer}."
        count = self.encoder["num_attention_heads"]
        heads = self._node("MultiHeadAttention", *self._qkv(layer, x), domain=CONTRIB, num_heads=count)
        x = self._norm(self._node("Add", self._product(f"{layer}.out", heads), x), name + "attention.output.LayerNorm")
        operator, attributes = ACTIVATIONS[self.encoder.get("hidden_act", "gelu")]
        inner = self._node(operator, self._product(f"{layer}.up", x), **attributes)
        return self._norm(self._node("Add", self._product(f"{layer}.down", inner), x), name + "output.LayerNorm")

    def _qkv(self, layer: int, x: str) -> list[str]:
        """Three products on one quantised input: cheaper than one that is split."""
        name = f"{layer}.qkv"
        multiply = self._multiplier(name, x)
        width = self.encoder["hidden_size"]
        return [multiply(slice(start, start + width)) for start in range(0, 3 * width, width)]

    def _product(self, name: str, x: str) -> str:
        return self._multiplier(name, x)(slice(None))

    def _multiplier(self, name: str, x: str):
        """A function from columns of product `name` to the result of these columns."""
        x = self._node("Identity", x, outputs=f"{name}.input")
        if name not in self.products:
            weight, bias = product_weights(self.weights, name)
            return lambda columns: self._node(
                "Add", self._node("MatMul", x, self._constant(weight[:, columns])), self._constant(bias[columns])
            )
        small = self.products[name]
        if small.smooth is not None:
            x = self._node("Mul", x, self._constant(small.smooth))
        scale, zero = self._constant(small.scale), self._constant(small.zero)
        x = self._node("QuantizeLinear", x, scale, zero)

        def multiply(columns: slice) -> str:
            column_scale = small.weight_scale[columns]
            return self._node(
                "MatMulIntegerToFloat",
                x,
                self._constant(small.weight[:, columns]),
                scale,
                self._constant(column_scale),
                zero,
                self._constant(np.zeros(len(column_scale), dtype=np.int8)),
                self._constant(small.bias[columns]),
                domain=CONTRIB,
            )

        return multiply

    def _heads(self, hidden: str, prefix: str = "") -> None:
        def head(name: str, x: str, output: str) -> None:
            product = self._node("MatMul", x, self._constant(self.weights[f"{prefix}{name}.weight"].T))
            self._node("Add", product, self._weight(f"{prefix}{name}.bias"), outputs=output)

        head("tag_head", hidden, "tag_logits")
        first = self._node("Gather", hidden, self._constant(0, np.int64), axis=1)
        mean = self._node("ReduceMean", hidden, self._constant([1], np.int64), keepdims=0)
        head("topic_head", self._node("Concat", first, mean, axis=-1), "topic_logits")
