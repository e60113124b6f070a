#!/usr/bin/env python3
"""Writes the manifests of docs/results.md, "Convex or gradient": N of CIFAR-10's first 20,000 training images for training, and 3,000 of the last 10,000 for the test. CIFAR-10's own test images are not used.

    docs/choose-solver.py IMAGES N SEED > IMAGES/N-SEED.csv

IMAGES is a folder that FolderOfImages wrote (docs/results.md, "CIFAR-10 as image files").
"""
import glob, os, random, sys

top, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print("path,label,split")
for name in sorted(os.listdir(f"{top}/train")):
    paths = sorted(glob.glob(f"{top}/train/{name}/*.png"))
    number = {path: int(os.path.basename(path)[:5]) for path in paths}
    chosen = random.Random(seed).sample([p for p in paths if number[p] < 20_000], count // 10)
    held = [p for p in paths if 40_000 <= number[p] < 43_000]
    for part, some in (("train", chosen), ("test", held)):
        for path in some:
            print(f"{os.path.relpath(path, top)},{name},{part}")
