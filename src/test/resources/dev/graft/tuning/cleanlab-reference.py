"""Writes cleanlab.csv: probabilities, labels, and cleanlab 2.9's suspects by rank (0 is the first; empty for none)."""

import numpy as np
from cleanlab.filter import find_label_issues

rng = np.random.default_rng(7)
truth = rng.integers(0, 4, 120)
logits = rng.normal(0, 1, (120, 4)) + 2.2 * np.eye(4)[truth]
p = np.round(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), 6).astype("f4")
labels = np.where(rng.random(120) < 0.15, rng.integers(0, 4, 120), truth)
issues = find_label_issues(labels, p, filter_by="low_self_confidence", return_indices_ranked_by="self_confidence", min_examples_per_class=0)
rank = {int(image): k for k, image in enumerate(issues)}
with open("cleanlab.csv", "w") as f:
    f.write("label,p0,p1,p2,p3,rank\n")
    for i in range(120):
        f.write(f"{labels[i]}," + ",".join(f"{v:.6f}" for v in p[i]) + f",{rank.get(i, '')}\n")
print(len(issues))
