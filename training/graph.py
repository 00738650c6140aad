"""Runs an ONNX graph with quantised weights in torch, in floating point, on any device.

The teacher's network is published with weights of 8 bits, and quantises what flows through it anew
in every layer, which processors alone can run. Here the weights keep their 8 bits and everything
else is float32: two GPUs speak three hundred times faster than real time.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from torch import Tensor

from training.operators import OPERATORS, Attributes, Operator

_SIZES = 64
"""Integers up to so many are sizes and axes, which are computed on the processor."""


class Node(NamedTuple):
    """One operation."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: Attributes


class Graph:
    """Constants and operations in order."""

    def __init__(
        self,
        nodes: list[Node],
        constants: dict[str, Tensor],
        own: "Mapping[str, Operator] | None" = None,
    ) -> None:
        """Take both as `read` gives them, and operators that are not ONNX's, by name."""
        self.nodes = nodes
        self.constants = constants
        self._own = dict(own or {})
        last_use = {name: i for i, node in enumerate(nodes) for name in node.inputs}
        self._spent = [
            [name for name in set(node.inputs) if last_use[name] == i and name not in constants]
            for i, node in enumerate(nodes)
        ]

    def to(self, device: torch.device) -> "Graph":
        """Return the same with its constants on `device`, but for sizes."""
        moved = {
            name: value.to(device) if value.is_floating_point() or value.numel() > _SIZES else value
            for name, value in self.constants.items()
        }
        return Graph(self.nodes, moved, self._own)

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, Tensor], wanted: Sequence[str]) -> list[Tensor]:
        """Return the values called `wanted` for `inputs`.

        Raises:
            KeyError: an operation is not known here, or an input is missing.
        """
        values: dict[str, Any] = {**self.constants, **inputs, "": None}
        kept = {*wanted, ""}
        for node, spent in zip(self.nodes, self._spent, strict=True):
            operator = self._own.get(node.kind) or OPERATORS[node.kind]
            result = operator([values[name] for name in node.inputs], node.attributes)
            results = result if isinstance(result, tuple) else (result,)
            values.update(zip(node.outputs, results, strict=False))
            for name in spent:
                if name not in kept:
                    del values[name]
        return [values[name] for name in wanted]


def read(path: Path) -> Graph:
    """Return the graph of an ONNX file, ready to run on a processor."""
    graph = onnx.load(str(path)).graph
    constants = {
        item.name: torch.from_numpy(np.array(onnx.numpy_helper.to_array(item)))
        for item in graph.initializer
    }
    nodes = []
    for node in graph.node:
        attributes = {}
        for item in node.attribute:
            value = onnx.helper.get_attribute_value(item)
            if isinstance(value, onnx.TensorProto):
                value = torch.from_numpy(np.array(onnx.numpy_helper.to_array(value)))
            elif isinstance(value, bytes):
                value = value.decode()
            elif not isinstance(value, int | float):
                value = list(value)
            attributes[item.name] = value
        nodes.append(Node(node.op_type, list(node.input), list(node.output), attributes))
    return _with_float_weights(Graph(nodes, constants))


def _with_float_weights(graph: Graph) -> Graph:
    """Return the same with weights of 8 bits minus their zero points."""
    constants = dict(graph.constants)
    nodes = []
    for node in graph.nodes:
        if node.kind in {"MatMulInteger", "ConvInteger"}:
            data, weight, *zeros = node.inputs
            name = weight
            if weight in constants:
                name = f"{weight} as float"
                zero = constants[zeros[1]] if len(zeros) > 1 else torch.zeros(())
                shape = [-1] + [1] * (constants[weight].ndim - 1) if node.kind[0] == "C" else [-1]
                constants[name] = constants[weight].float() - zero.float().reshape(
                    shape if zero.numel() > 1 else []
                )
            nodes.append(node._replace(inputs=[data, name]))
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.inputs}
    return Graph(nodes, {name: constants[name] for name in constants if name in used})
