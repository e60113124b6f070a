#!/usr/bin/env python3
"""Writes a ViT-S/16 with random weights, in the layout of PyTorch's exports, to measure speed and int8: docs/results.md, "int8 of external backbones".

    docs/random-vit.py vit-s.onnx

Needs Python's numpy and onnx. The weights are random (Student's t with 6 degrees of freedom, for the heavy tails of trained weights; 3 channels of each layer normalization are 8 times as large, as in trained transformers); nothing is pretrained.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, PATCH, WIDTH, HEADS, DEPTH = 224, 16, 384, 6, 12
TOKENS = (SIDE // PATCH) ** 2
random = np.random.default_rng(0)
nodes, constants = [], []


def constant(name, values):
    constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
    return name


def floats(name, shape, deviation):
    return constant(name, (random.standard_t(6, shape) * deviation / np.sqrt(1.5)).astype("f4"))


def longs(name, *values):
    return constant(name, np.array(values, np.int64))


def op(operator, *inputs, **attributes):
    name = f"/{operator}_{len(nodes)}"
    nodes.append(helper.make_node(operator, inputs, [name + "_output_0"], name=name, **attributes))
    return name + "_output_0"


def linear(x, name, inputs, outputs, gain=1.0):
    product = op("MatMul", x, floats("onnx::MatMul_" + name, (inputs, outputs), gain / np.sqrt(inputs)))
    return op("Add", floats(name + ".bias", (outputs,), 0.1), product)


def norm(x, name):
    gamma = np.exp(random.normal(0, 0.3, WIDTH)).astype("f4")
    gamma[random.choice(WIDTH, 3, False)] *= 8
    return op("LayerNormalization", x, constant(name + ".weight", gamma), floats(name + ".bias", (WIDTH,), 0.1), axis=-1, epsilon=1e-6)


def heads(x, *order):
    return op("Transpose", op("Reshape", x, "split"), perm=list(order))


def block(x, name):
    y = norm(x, name + ".norm1")
    query = heads(linear(y, name + ".q", WIDTH, WIDTH), 0, 2, 1, 3)
    key = heads(linear(y, name + ".k", WIDTH, WIDTH), 0, 2, 3, 1)
    value = heads(linear(y, name + ".v", WIDTH, WIDTH), 0, 2, 1, 3)
    scores = op("Softmax", op("Mul", op("MatMul", query, key), "scale"), axis=-1)
    mixed = op("Reshape", op("Transpose", op("MatMul", scores, value), perm=[0, 2, 1, 3]), "join")
    x = op("Add", linear(mixed, name + ".proj", WIDTH, WIDTH), x)
    y = linear(norm(x, name + ".norm2"), name + ".fc1", WIDTH, 4 * WIDTH, 0.7)
    gelu = op("Mul", op("Mul", y, op("Add", op("Erf", op("Div", y, "root")), "one")), "half")
    return op("Add", linear(gelu, name + ".fc2", 4 * WIDTH, WIDTH), x)


longs("split", 0, TOKENS + 1, HEADS, WIDTH // HEADS)
longs("join", 0, TOKENS + 1, WIDTH)
for name, number in ("scale", (WIDTH // HEADS) ** -0.5), ("root", 2**0.5), ("one", 1), ("half", 0.5):
    constant(name, np.float32(number))
kernel = floats("patch.weight", (WIDTH, 3, PATCH, PATCH), 1 / np.sqrt(3 * PATCH * PATCH))
x = op("Conv", "pixel_values", kernel, floats("patch.bias", (WIDTH,), 0.1), kernel_shape=[PATCH, PATCH], strides=[PATCH, PATCH])
x = op("Transpose", op("Reshape", x, longs("patches", 0, WIDTH, TOKENS)), perm=[0, 2, 1])
batch = op("Gather", op("Shape", x), longs("first", 0))
cls = op("Expand", floats("cls", (1, 1, WIDTH), 0.5), op("Concat", batch, longs("token", 1, WIDTH), axis=0))
x = op("Add", op("Concat", cls, x, axis=1), floats("position", (1, TOKENS + 1, WIDTH), 0.3))
for i in range(DEPTH):
    x = block(x, f"blocks.{i}")
nodes.append(helper.make_node("Identity", [norm(x, "norm")], ["last_hidden_state"]))
graph = helper.make_graph(
    nodes,
    "vit",
    [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
    [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["N", TOKENS + 1, WIDTH])],
    constants,
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), sys.argv[1])
