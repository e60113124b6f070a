#!/usr/bin/env python3
"""Measures the effect of single settings on training the last stages: validation accuracy, mean and deviation of three seeds.

    mvn -q -B -DskipTests package
    python3 docs/ablation.py [DATA [EPOCHS]]

DATA is cifar10 (default; hours on two cores) or cifar10-sample. The first line is the base: EfficientNet-Lite0 at 96
pixels, blocks 11 to 15 trained. Each further line changes one setting. Test images are not used.
"""
import glob, json, os, statistics, subprocess, sys

DATA = sys.argv[1] if len(sys.argv) > 1 else "cifar10"
EPOCHS = sys.argv[2] if len(sys.argv) > 2 else "3"
OUTPUT = "output/ablation"  # runs with the same frozen part share its features
BASE = {
    "backbone": "efficientnet-lite0", "input-size": 96, "precision": "int8", "unfreeze": "blocks.11", "features": "[head]",
    "feature-power": 1, "head.hidden": 0, "learning-rate": 0.001, "backbone-learning-rate": 0.001, "warmup-epochs": 0.3,
    "label-smoothing": 0.1, "batch-size": 128, "epochs": EPOCHS,
}
CHANGES = [
    {}, {"unfreeze": "none"}, {"unfreeze": "blocks.14"}, {"mirror": "true"}, {"label-smoothing": 0}, {"warmup-epochs": 0},
    {"backbone-learning-rate": 0.0003}, {"schedule": "constant"}, {"head.hidden": 1024}, {"mixup": 0.2}, {"ema-decay": 0.95},
    {"schedule": "one-cycle", "warmup-epochs": 0}, {"layer-decay": 0.7}, {"head-epochs": 0.5}, {"clip-norm": 1}, {"crops": 2},
    {"crops": 2, "rand-augment": 9}, {"crops": 2, "cutout": 0.5}, {"stochastic-depth": 0.2},
]


def validation(settings, seed):
    arguments = [f"--set={key}={value}" for key, value in settings.items()]
    command = ["java", "-Xmx512m", "-jar", "target/graft.jar", "fine-tune", "--data", DATA, "--seed", str(seed), "--output", OUTPUT]
    subprocess.run(command + arguments, check=True, stdout=subprocess.DEVNULL)
    run = max(glob.glob(f"{OUTPUT}/runs/*/run.json"), key=os.path.getmtime)
    record = json.load(open(run))
    return record["validation"]["accuracy"], record["seconds"]["training"]


for change in CHANGES:
    results = [validation({**BASE, **change}, seed) for seed in (42, 1, 2)]
    accuracies = [accuracy for accuracy, _ in results]
    name = ", ".join(f"{key}={value}" for key, value in change.items()) or "base"
    seconds = statistics.mean(seconds for _, seconds in results)
    print(f"{name:32} {statistics.mean(accuracies):.4f} ± {statistics.stdev(accuracies):.4f}  {seconds:6.1f} s of training", flush=True)
