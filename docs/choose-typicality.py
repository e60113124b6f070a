#!/usr/bin/env python3
"""How the method of docs/your-images.md, "Images of none of the classes", was chosen: on training batches of CIFAR-10, with classes held out.

    graft export --backbone efficientnet-lite0 --set input-size=96 --to lite.onnx
    docs/choose-typicality.py lite.onnx FOLDER/cifar-10-batches-bin

Needs Python's numpy, Pillow and onnxruntime. For each known class, N images from data_batch_1 are stored, and 200 from data_batch_2 are the known images; 200 of each unknown class are the other images.
"""
import sys

import numpy as np
import onnxruntime
from PIL import Image

GROUPS = [([3, 5, 4], [0, 8, 9]), ([0, 1, 2], [3, 4, 5]), ([6, 7, 8, 9], [0, 2, 4]), ([1, 8], [3, 6, 7])]
USED = 7000  # images of each batch


def features(model, batch):
    """Returns the last stage's features, and the labels."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    records = np.fromfile(batch, np.uint8).reshape(-1, 3073)[:USED]
    rows = []
    for i in range(0, USED, 64):
        images = [Image.fromarray(r[1:].reshape(3, 32, 32).transpose(1, 2, 0)).resize((96, 96), Image.BICUBIC) for r in records[i:i + 64]]
        pixels = np.stack([np.asarray(image, "f4").transpose(2, 0, 1) for image in images])
        rows.append(session.run(None, {"pixels": pixels})[0][:, -1280:])
    return np.concatenate(rows), records[:, 0]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def nearest(stored, labels, asked, k, mean):
    largest = np.partition(unit(asked) @ unit(stored).T, -k, 1)[:, -k:]
    return -(largest.mean(1) if mean else largest.min(1))


def mahalanobis(stored, labels, asked):
    classes, places = np.unique(labels, return_inverse=True)
    means = np.stack([stored[labels == c].mean(0) for c in classes])
    rest = stored - means[places]
    covariance = rest.T @ rest / len(rest)
    covariance = covariance / 2 + np.trace(covariance) / len(covariance) / 2 * np.eye(len(covariance))
    whitening = np.linalg.inv(np.linalg.cholesky(covariance)).T
    return (((asked @ whitening)[:, None] - (means @ whitening)[None]) ** 2).sum(2).min(1)


METHODS = {
    "mean of the 3 nearest": lambda s, y, q: nearest(s, y, q, 3, True),
    "mean of the 5 nearest": lambda s, y, q: nearest(s, y, q, 5, True),
    "mean of the 10 nearest": lambda s, y, q: nearest(s, y, q, 10, True),
    "10th nearest alone": lambda s, y, q: nearest(s, y, q, 10, False),
    "Mahalanobis, length 1": lambda s, y, q: mahalanobis(unit(s), y, unit(q)),
    "Mahalanobis": mahalanobis,
}

model, folder = sys.argv[1:]
(x1, y1), (x2, y2) = (features(model, f"{folder}/data_batch_{i}.bin") for i in (1, 2))
print("share of other images that pass where 95 % of known ones do; images a class:", *(n for n in (5, 20, 50, 300)))
passed = {name: [] for name in METHODS}
for n in (5, 20, 50, 300):
    sums = dict.fromkeys(METHODS, 0)
    for g, (known, unknown) in enumerate(GROUPS):
        for seed in (0, 1):
            rng = np.random.default_rng(seed * 10 + g)
            draw = lambda labels, classes, count: np.concatenate([rng.choice(np.where(labels == c)[0], count, replace=False) for c in classes])
            stored, like, others = draw(y1, known, n), draw(y2, known, 200), draw(y2, unknown, 200)
            for name, distance in METHODS.items():
                d = distance(x1[stored], y1[stored], x2[np.concatenate([like, others])])
                sums[name] += (d[len(like):] <= np.quantile(d[:len(like)], 0.95)).mean()
    for name in METHODS:
        passed[name].append(sums[name] / 2 / len(GROUPS))
for name, shares in passed.items():
    print(f"{name:24s}", *(f"{share:.3f}" for share in shares))
