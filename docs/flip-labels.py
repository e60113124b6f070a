#!/usr/bin/env python3
"""Measures how many wrong labels `inspect --labels` finds: docs/results.md, "Wrong labels". CIFAR-10's test images are not used.

    docs/flip-labels.py IMAGES N SEED > IMAGES/flipped.csv    N training images per class, one in twenty with a wrong label
    graft inspect IMAGES/flipped.csv --labels labels.csv
    docs/flip-labels.py labels.csv                            counts the wrong labels among the first suspects

IMAGES is a folder that FolderOfImages wrote (docs/results.md, "CIFAR-10 as image files"); an image's folder is its true class.
"""
import csv, glob, os, random, sys


def truth(path):
    return os.path.basename(os.path.dirname(path))


def write(top, count, seed):
    names, rng = sorted(os.listdir(f"{top}/train")), random.Random(seed)
    print("path,label")
    for name in names:
        some = rng.sample(sorted(glob.glob(f"{top}/train/{name}/*.png")), count)
        for i, path in enumerate(some):
            label = rng.choice([other for other in names if other != name]) if i < count // 20 else name
            print(f"{os.path.relpath(path, top)},{label}")


def score(file):
    rows = list(csv.DictReader(open(file, encoding="utf-8")))
    wrong = [row for row in rows if row["label"] != truth(row["path"])]
    first = [row for row in rows[:len(wrong)] if row["label"] != truth(row["path"])]
    right = sum(row["suggested"] == truth(row["path"]) for row in first)
    print(f"{len(wrong)} wrong labels; {len(first)} of the first {len(wrong)} suspects are wrong labels, {right} of these get the right suggestion")


if len(sys.argv) == 2:
    score(sys.argv[1])
else:
    write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
