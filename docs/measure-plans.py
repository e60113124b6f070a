#!/usr/bin/env python3
"""Measures the accuracy of the plans of `fine-tune --within` on all of CIFAR-10: on validation images, never on test images.

    mvn -q -B -DskipTests package
    python3 docs/measure-plans.py [words of a plan's name ...] > measured.txt

Needs PyYAML. All plans take hours on two cores. Copy the accuracies into plans.yaml, with commit and date as source.
"""
import glob, json, os, subprocess, sys, yaml

PLANS = "src/main/resources/dev/graft/tuning/plans.yaml"
OUTPUT = "output/plans"  # plans with the same frozen part share its features

for plan in yaml.safe_load(open(PLANS)):
    if not all(word in plan["name"] for word in sys.argv[1:]):
        continue
    accuracy = {}
    for epochs in plan["validation-accuracy"]:
        settings = [f"--set={key}={value}" for key, value in {**plan["recipe"], "epochs": epochs}.items()]
        command = ["java", "-Xmx512m", "-jar", "target/graft.jar", "fine-tune", "--data", "cifar10", "--output", OUTPUT]
        subprocess.run(command + settings, check=True, stdout=subprocess.DEVNULL)
        run = max(glob.glob(f"{OUTPUT}/runs/*/run.json"), key=os.path.getmtime)
        accuracy[epochs] = json.load(open(run))["validation"]["accuracy"]
    print(f"{plan['name']}: {accuracy}", flush=True)
