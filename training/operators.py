"""Operators of ONNX in torch, as many as the teacher's network has.

https://onnx.ai/onnx/operators/ and, of Microsoft's, `ContribOperators.md` of ONNX Runtime. Each
takes its inputs and attributes. `DynamicQuantizeLinear` leaves its input as it is, with scale one
and zero point nought; so all that follows it is true in floating point.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

Attributes: TypeAlias = dict[str, Any]
Inputs: TypeAlias = Sequence[Any]
"""Tensors; None where an input is left out."""
Operator: TypeAlias = Callable[[Inputs, Attributes], Any]


def _together(values: Inputs) -> list[Any]:
    """Return the values on one device: sizes are computed on the processor."""
    device = next((v.device for v in values if v is not None and v.is_cuda), None)
    if device is None:
        return list(values)
    return [v if v is None or v.is_cuda or v.ndim == 0 else v.to(device) for v in values]


def _ints(value: Tensor) -> list[int]:
    return [int(number) for number in value.reshape(-1).tolist()]


def _binary(operation: Callable[[Tensor, Tensor], Tensor]) -> Operator:
    def run(given: Inputs, _: Attributes) -> Tensor:
        left, right = _together(given)
        return operation(left, right)

    return run


def _unary(operation: Callable[[Tensor], Tensor]) -> Callable[[Inputs, Attributes], Tensor]:
    return lambda given, _: operation(given[0])


def _div(left: Tensor, right: Tensor) -> Tensor:
    if left.is_floating_point():
        return left / right
    return torch.div(left, right, rounding_mode="trunc")


_TYPES = {
    1: torch.float32, 2: torch.uint8, 3: torch.int8, 6: torch.int32, 7: torch.int64,
    9: torch.bool, 10: torch.float16, 11: torch.float64,
}  # fmt: skip


def _cast(given: Inputs, attributes: Attributes) -> Tensor:
    value: Tensor = given[0].to(_TYPES[attributes["to"]])
    return value


def _reshape(given: Inputs, attributes: Attributes) -> Tensor:
    value, sizes = given[0], _ints(given[1])
    if not attributes.get("allowzero"):
        sizes = [value.shape[i] if size == 0 else size for i, size in enumerate(sizes)]
    result: Tensor = value.reshape(sizes)
    return result


def _gather(given: Inputs, attributes: Attributes) -> Tensor:
    value, index = given
    axis = attributes.get("axis", 0)
    if index.ndim == 0:
        picked = int(index)
        result: Tensor = value.select(axis, picked if picked >= 0 else value.shape[axis] + picked)
        return result
    index = index.long().to(value.device)
    index = torch.where(index < 0, index + value.shape[axis], index)
    flat = value.index_select(axis, index.reshape(-1))
    axis %= value.ndim
    shape = [*value.shape[:axis], *index.shape, *value.shape[axis + 1 :]]
    return flat.reshape(shape)


def _slice(given: Inputs, _: Attributes) -> Tensor:
    value, starts, ends, *more = given
    axes = _ints(more[0]) if more and more[0] is not None else list(range(starts.numel()))
    steps = _ints(more[1]) if len(more) > 1 else [1] * len(axes)
    for start, end, axis, step in zip(_ints(starts), _ints(ends), axes, steps, strict=True):
        size = value.shape[axis]
        if step < 0:
            first = min(max(start + size if start < 0 else start, 0), size - 1)
            last = max(end + size if end < 0 else end, -1) if end >= -size else -1
            index = torch.arange(first, last, step, device=value.device)
            value = value.index_select(axis, index)
        else:
            cut = [slice(None)] * value.ndim
            cut[axis] = slice(start, min(end, size), step)
            value = value[tuple(cut)]
    result: Tensor = value
    return result


def _axes(given: Inputs, attributes: Attributes) -> list[int] | None:
    if len(given) > 1 and given[1] is not None:
        return _ints(given[1])
    axes: list[int] | None = attributes.get("axes")
    return axes


def _unsqueeze(given: Inputs, attributes: Attributes) -> Tensor:
    value = given[0]
    axes = _axes(given, attributes) or []
    rank = value.ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        value = value.unsqueeze(axis)
    result: Tensor = value
    return result


def _squeeze(given: Inputs, attributes: Attributes) -> Tensor:
    axes = _axes(given, attributes)
    result: Tensor = given[0].squeeze() if axes is None else given[0].squeeze(tuple(axes))
    return result


def _reduce(
    operation: Callable[..., Tensor],
) -> Callable[[Inputs, Attributes], Tensor]:
    def run(given: Inputs, attributes: Attributes) -> Tensor:
        axes = _axes(given, attributes)
        axes = list(range(given[0].ndim)) if axes is None else axes
        return operation(given[0], dim=axes, keepdim=bool(attributes.get("keepdims", 1)))

    return run


def _split(given: Inputs, attributes: Attributes) -> tuple[Tensor, ...]:
    axis = attributes.get("axis", 0)
    if len(given) > 1 and given[1] is not None:
        sizes = _ints(given[1])
    else:
        sizes = (
            attributes.get("split")
            or [given[0].shape[axis] // attributes["num_outputs"]] * (attributes["num_outputs"])
        )
    parts: tuple[Tensor, ...] = given[0].split(sizes, dim=axis)
    return parts


def _conv(given: Inputs, attributes: Attributes) -> Tensor:
    data, weight, *bias = given
    pads = attributes.get("pads", [0, 0])
    half = len(pads) // 2
    padding: list[int] = pads[:half]
    if pads[:half] != pads[half:]:
        around = [end for i in reversed(range(half)) for end in (pads[i], pads[half + i])]
        data, padding = functional.pad(data, around), [0] * half
    run = functional.conv1d if weight.ndim == 3 else functional.conv2d  # noqa: PLR2004 - rank
    return run(
        data, weight, bias[0] if bias else None, attributes.get("strides", [1] * half),
        padding, attributes.get("dilations", [1] * half), attributes.get("group", 1),
    )  # fmt: skip


def _conv_transpose(given: Inputs, attributes: Attributes) -> Tensor:
    data, weight, *bias = given
    pads = attributes.get("pads", [0, 0])
    half = len(pads) // 2
    assert pads[:half] == pads[half:]
    return functional.conv_transpose1d(
        data, weight, bias[0] if bias else None, attributes.get("strides", [1] * half),
        pads[:half], attributes.get("output_padding", [0] * half),
        attributes.get("group", 1), attributes.get("dilations", [1] * half),
    )  # fmt: skip


def _layer_norm(given: Inputs, attributes: Attributes) -> Tensor:
    data, weight, *bias = given
    epsilon = attributes.get("epsilon", 1e-5)
    return functional.layer_norm(data, weight.shape, weight, bias[0] if bias else None, epsilon)


def _skip_layer_norm(given: Inputs, attributes: Attributes) -> Tensor:
    data, skip, gamma, beta, *bias = given
    total = data + skip
    if bias:
        total = total + bias[0]
    return functional.layer_norm(total, gamma.shape, gamma, beta, attributes["epsilon"])


def _fast_gelu(given: Inputs, _: Attributes) -> Tensor:
    data = given[0] if len(given) == 1 or given[1] is None else given[0] + given[1]
    return functional.gelu(data, approximate="tanh")


def _fused_mat_mul(given: Inputs, attributes: Attributes) -> Tensor:
    left, right = given
    left = left.mT if attributes.get("transA") else left
    right = right.mT if attributes.get("transB") else right
    result: Tensor = attributes.get("alpha", 1.0) * (left @ right)
    return result


def _dequantize(given: Inputs, attributes: Attributes) -> Tensor:
    value, scale, zero = given
    axis = attributes.get("axis", 1)
    if scale.numel() > 1:
        shape = [1] * value.ndim
        shape[axis] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    result: Tensor = (value.float() - zero.to(value.device).float()) * scale
    return result


def _lstm(given: Inputs, attributes: Attributes) -> Tensor:
    """Both directions of an LSTM; its gates stand in another order in torch."""
    data, weight, recurrent, bias, _, hidden, cell, _, *scales = given
    scale, zero, scale_r, zero_r = scales
    directions, size = weight.shape[0], attributes["hidden_size"]

    def gates(matrix: Tensor) -> Tensor:  # i, o, f, c -> i, f, c, o
        i, o, f, c = matrix.split(size, dim=0)
        return torch.cat([i, f, c, o])

    key = (weight.data_ptr(), data.device)
    if key not in _LSTM_WEIGHTS:
        flat = []
        for d in range(directions):
            for matrix, by, zeros in ((weight, scale, zero), (recurrent, scale_r, zero_r)):
                point = zeros.to(matrix.device).float().reshape(directions, -1)[d]
                real = (matrix[d].float() - point) * by.reshape(directions, -1)[d]
                flat.append(gates(real.T).contiguous())
            flat.extend(gates(part).contiguous() for part in bias[d].split(4 * size))
        _LSTM_WEIGHTS[key] = flat
    rows = data.shape[1]
    nothing = data.new_zeros(directions, rows, size)
    hidden = nothing if hidden is None else hidden.to(data.device)
    cell = nothing if cell is None else cell.to(data.device)
    output, _, _ = torch._VF.lstm(  # noqa: SLF001 - what nn.LSTM calls
        data, (hidden, cell), _LSTM_WEIGHTS[key],
        True, 1, 0.0, False, attributes["direction"] == "bidirectional", False,
    )  # fmt: skip
    shaped: Tensor = output.reshape(*data.shape[:2], directions, size).transpose(1, 2)
    return shaped


_LSTM_WEIGHTS: dict[Any, list[Tensor]] = {}
"""Made once for each layer and device."""


def _resize(given: Inputs, attributes: Attributes) -> Tensor:
    """Along the last axis, as torch exports `interpolate`."""
    data = given[0]
    scales = given[2] if len(given) > 2 else None  # noqa: PLR2004 - inputs
    size = None
    factor = None
    if scales is not None and scales.numel():
        factor = [float(scales.reshape(-1)[-1])]
    else:
        size = [_ints(given[3])[-1]]
    if attributes["mode"] == "nearest":
        return functional.interpolate(data, size=size, scale_factor=factor, mode="nearest")
    aligned = attributes.get("coordinate_transformation_mode") == "align_corners"
    return functional.interpolate(
        data, size=size, scale_factor=factor, mode="linear", align_corners=aligned
    )


def _pad(given: Inputs, attributes: Attributes) -> Tensor:
    data, pads = given[0], _ints(given[1])
    half = len(pads) // 2
    around = [end for i in reversed(range(half)) for end in (pads[i], pads[half + i])]
    mode: str = attributes.get("mode", "constant")
    if mode == "constant":
        fill = given[2] if len(given) > 2 else None  # noqa: PLR2004 - inputs
        return functional.pad(data, around, value=0.0 if fill is None else float(fill))
    while len(around) > 2 and around[-2:] == [0, 0]:  # noqa: PLR2004 - a pair
        around = around[:-2]
    return functional.pad(data, around, mode="replicate" if mode == "edge" else mode)


def _stft(given: Inputs, attributes: Attributes) -> Tensor:
    signal, step, window = given[:3]
    if signal.ndim == 3:  # noqa: PLR2004 - rank
        signal = signal.squeeze(-1)
    frame = window.numel()
    frames = signal.unfold(-1, frame, int(step)) * window
    assert attributes.get("onesided", 1)
    return torch.view_as_real(torch.fft.rfft(frames))


def _scatter_nd(given: Inputs, _: Attributes) -> Tensor:
    data, index, updates = _together(given)
    result: Tensor = data.clone()
    result[tuple(index.long().unbind(-1))] = updates
    return result


def _range(given: Inputs, _: Attributes) -> Tensor:
    start, limit, delta = (value.item() for value in given)
    return torch.arange(start, limit, delta, dtype=given[0].dtype)


def _constant_of_shape(given: Inputs, attributes: Attributes) -> Tensor:
    value = attributes.get("value", torch.zeros(1))
    return torch.full(_ints(given[0]), value.item(), dtype=value.dtype)


def _where(given: Inputs, _: Attributes) -> Tensor:
    condition, yes, no = _together(given)
    return torch.where(condition, yes, no)


def _clip(given: Inputs, _: Attributes) -> Tensor:
    low, high = (None if bound is None else bound.item() for bound in (*given[1:], None)[:2])
    result: Tensor = given[0].clamp(low, high)
    return result


OPERATORS: dict[str, Operator] = {
    "Add": _binary(torch.add),
    "And": _binary(torch.logical_and),
    # Behind a division: the angle of a point at the origin is nought.
    "Atan": lambda given, _: torch.atan(given[0]).nan_to_num(0.0),
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda given, attributes: torch.cat(_together(given), dim=attributes["axis"]),
    "ConstantOfShape": _constant_of_shape,
    "Conv": _conv,
    "ConvInteger": _conv,
    "ConvTranspose": _conv_transpose,
    "Cos": _unary(torch.cos),
    "CumSum": lambda given, _: torch.cumsum(given[0], dim=int(given[1])),
    "DequantizeLinear": _dequantize,
    "Div": _binary(_div),
    "DynamicQuantizeLSTM": _lstm,
    "DynamicQuantizeLinear": lambda given, _: (given[0], torch.ones(()), torch.zeros(())),
    "Equal": _binary(torch.eq),
    "Exp": _unary(torch.exp),
    "Expand": lambda given, _: given[0] * torch.ones(
        _ints(given[1]), dtype=given[0].dtype, device=given[0].device
    ),
    "FastGelu": _fast_gelu,
    "Floor": _unary(torch.floor),
    "FusedMatMul": _fused_mat_mul,
    "Gather": _gather,
    "Greater": _binary(torch.gt),
    "GreaterOrEqual": _binary(torch.ge),
    "LayerNormalization": _layer_norm,
    "LeakyRelu": lambda given, attributes: functional.leaky_relu(
        given[0], attributes.get("alpha", 0.01)
    ),
    "Less": _binary(torch.lt),
    "MatMul": _binary(torch.matmul),
    "MatMulInteger": _binary(torch.matmul),
    "Mul": _binary(torch.mul),
    "NonZero": lambda given, _: torch.nonzero(given[0]).T,
    "Pad": _pad,
    "Pow": _binary(torch.pow),
    "Range": _range,
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "Reshape": _reshape,
    "Resize": _resize,
    "Round": _unary(torch.round),
    "STFT": _stft,
    "ScatterND": _scatter_nd,
    "Shape": lambda given, attributes: torch.tensor(given[0].shape)[
        attributes.get("start", 0) : attributes.get("end")
    ],
    "Sigmoid": _unary(torch.sigmoid),
    "Sin": _unary(torch.sin),
    "SkipLayerNormalization": _skip_layer_norm,
    "Slice": _slice,
    "Softmax": lambda given, attributes: functional.softmax(
        given[0], dim=attributes.get("axis", -1)
    ),
    "Split": _split,
    "Sqrt": _unary(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _binary(torch.sub),
    "Tanh": _unary(torch.tanh),
    "Transpose": lambda given, attributes: given[0].permute(attributes["perm"]),
    "Unsqueeze": _unsqueeze,
    "Where": _where,
}  # fmt: skip
