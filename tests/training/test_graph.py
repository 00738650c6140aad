"""The teacher's graph in torch says what ONNX Runtime says."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from training.graph import read
from training.kokoro import Character, draw, read_styles

pytestmark = pytest.mark.parts

RANDOM = np.random.default_rng(1)


def constant(name: str, values: npt.ArrayLike, kind: type) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, kind), name)


def network(folder: Path) -> Path:
    """Write a convolution and a product of 8 bits, and sizes that depend on the input."""
    kernel = RANDOM.integers(0, 255, (6, 4, 3))
    matrix = RANDOM.integers(-127, 127, (6, 5))
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        helper.make_node("ConvInteger", ["q", "kernel", "z", "kz"], ["c"], pads=[1, 1]),
        helper.make_node("Cast", ["c"], ["cf"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["s", "ks"], ["cs"]),
        helper.make_node("Mul", ["cf", "cs"], ["conv"]),
        helper.make_node("LeakyRelu", ["conv"], ["active"], alpha=0.1),
        helper.make_node("Transpose", ["active"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("DynamicQuantizeLinear", ["turned"], ["q2", "s2", "z2"]),
        helper.make_node("MatMulInteger", ["q2", "matrix", "z2", "mz"], ["m"]),
        helper.make_node("Cast", ["m"], ["mf"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["s2", "ms"], ["mss"]),
        helper.make_node("Mul", ["mf", "mss"], ["product"]),
        helper.make_node("Shape", ["product"], ["shape"]),
        helper.make_node("Gather", ["shape", "one"], ["frames"]),
        helper.make_node("Unsqueeze", ["frames", "axis"], ["row"]),
        helper.make_node("Concat", ["row", "five"], ["flat"], axis=0),
        helper.make_node("Reshape", ["product", "flat"], ["y"]),
    ]
    constants = [
        constant("kernel", kernel, np.uint8), constant("kz", 127, np.uint8),
        constant("ks", 0.01, np.float32), constant("matrix", matrix, np.int8),
        constant("mz", 0, np.int8), constant("ms", 0.02, np.float32),
        constant("one", 1, np.int64), constant("axis", [0], np.int64),
        constant("five", [5], np.int64),
    ]  # fmt: skip
    graph = helper.make_graph(
        nodes, "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, "n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5])], constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = folder / "network.onnx"
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("frames", [1, 20])
def test_products_of_8_bits_are_the_same_in_float(tmp_path: Path, frames: int) -> None:
    path = network(tmp_path)
    x = RANDOM.normal(size=(1, 4, frames)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    [expected] = session.run(None, {"x": x})
    [got] = read(path).run({"x": torch.from_numpy(x)}, ["y"])
    assert got.shape == expected.shape
    # What is left is the rounding to 8 bits, twice.
    assert np.abs(got.numpy() - expected).max() < 0.03 * np.abs(expected).max()


def test_speakers_are_mixed_of_voices_that_sound_good(tmp_path: Path) -> None:
    for name in ("af_heart", "am_adam", "bf_emma", "bm_george", "af_nicole"):
        RANDOM.normal(size=(510, 256)).astype(np.float32).tofile(tmp_path / f"{name}.bin")
    names = sorted(read_styles(tmp_path))
    speakers = [draw(np.random.default_rng(number), names) for number in range(100)]
    assert len(set(map(str, speakers))) == len(speakers)
    for speaker in speakers:
        assert sum(speaker.timbre.values()) == pytest.approx(1.0)
        assert "af_nicole" not in speaker.timbre
        assert isinstance(speaker, Character)


def test_some_speakers_are_men_lower_than_any_voice() -> None:
    names = ["af_heart", "am_adam", "am_echo", "am_onyx", "bf_emma", "bm_george", "bm_lewis"]
    speakers = [draw(np.random.default_rng(number), names, 0.25) for number in range(200)]
    low = [each for each in speakers if each.throat <= 0.95 and each.pitch == 1.0]
    assert 30 < len(low) < 70
    assert all(each.throat >= 0.75 for each in low)
    assert {name[1] for each in low for name in (*each.timbre, *each.prosody)} == {"m"}
    assert any(name[1] == "f" for each in speakers for name in each.timbre)
