#!/usr/bin/env python3
"""How the weights of the stages, and their powers, were chosen (docs/results.md, "Few images"): logistic regression on splits of CIFAR-10's training batches.

    graft export --backbone efficientnet-lite0 --set input-size=96 --to lite.onnx
    docs/choose-scaling.py lite.onnx FOLDER/cifar-10-batches-bin

Needs Python's numpy, Pillow, onnxruntime and scikit-learn. N images of each class are sampled from data_batch_3 for training; the accuracy is measured on the first 3,000 images of data_batch_4.
"""
import sys

import numpy as np
import onnxruntime
from PIL import Image
from sklearn.linear_model import LogisticRegression

WIDTHS = [80, 112, 192, 320, 1280]
WEIGHTS = {
    "last stage": [0, 0, 0, 0, 1],
    "last stage, power 1": [0, 0, 0, 0, 0, 1],
    "last three, equal": [0, 0, 1, 1, 1],
    "place": [0.2, 0.4, 0.6, 0.8, 1],
    "place squared": [0.04, 0.16, 0.36, 0.64, 1],
    "place cubed": [0.008, 0.064, 0.216, 0.512, 1],
    "all, equal": [1, 1, 1, 1, 1],
}
CLASSES = {"cat, dog": [3, 5], "the first six": [0, 1, 2, 3, 4, 5], "all ten": list(range(10))}
STRENGTH = 1e-3  # of the penalty, for features whose mean squared norm is 1


def features(model, batch, count):
    """Returns the square roots of the features of each stage, divided by their norm, then the features of the last stage, divided by their norm; and the labels."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    records = np.fromfile(batch, np.uint8).reshape(-1, 3073)[:count]
    rows = []
    for i in range(0, len(records), 64):
        images = [Image.fromarray(r[1:].reshape(3, 32, 32).transpose(1, 2, 0)).resize((96, 96), Image.BICUBIC) for r in records[i:i + 64]]
        rows.append(session.run(None, {"pixels": np.stack([np.asarray(image, "f4").transpose(2, 0, 1) for image in images])})[0])
    plain = np.concatenate(rows)
    roots = np.sqrt(np.abs(plain)) * np.sign(plain)
    stages = np.split(roots, np.cumsum(WIDTHS)[:-1], 1) + [plain[:, -WIDTHS[-1]:]]
    return [s / np.linalg.norm(s, axis=1, keepdims=True) for s in stages], records[:, 0]


def accuracy(train, labels, held, truth):
    mean = train.mean(0)
    train, held = train - mean, held - mean
    factor = np.sqrt((train ** 2).sum(1).mean())
    base, _ = np.linalg.qr(train.T.astype("f8"))  # an equivalent problem, with as many features as images
    train, held = train @ base / factor, held @ base / factor
    return LogisticRegression(C=1 / (STRENGTH * len(train)), max_iter=300, tol=1e-3).fit(train, labels).score(held, truth)


model, folder = sys.argv[1:]
x, y = features(model, f"{folder}/data_batch_3.bin", 10_000)
v, w = features(model, f"{folder}/data_batch_4.bin", 3_000)
print("classes; images a class;", "; ".join(WEIGHTS))
for name, classes in CLASSES.items():
    held = np.isin(w, classes)
    for n in (5, 10, 20):
        sums = np.zeros(len(WEIGHTS))
        seeds = 16 if len(classes) == 2 else 6
        for seed in range(seeds):
            rng = np.random.default_rng(seed * 100 + n)
            chosen = np.concatenate([rng.choice(np.where(y == c)[0], n, replace=False) for c in classes])
            for i, weights in enumerate(WEIGHTS.values()):
                join = lambda stages, rows: np.concatenate([s[rows] * f for s, f in zip(stages, weights)], 1)
                sums[i] += accuracy(join(x, chosen), y[chosen], join(v, held), w[held]) / seeds
        print(name, n, *(f"{s:.3f}" for s in sums), sep="; ", flush=True)
