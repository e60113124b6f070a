#!/usr/bin/env python3
"""Kills runs with SIGKILL at random moments, resumes them, and compares the results with those of an undisturbed run.

    mvn -q -B -DskipTests package
    python3 docs/resume-drill.py [--kills 20] [--seed 1] [options of fine-tune ...]

Each run has an output folder of its own, so features are computed again, too. Prints each moment and its verdict; the
exit code is 1 if a predictions.csv or the weights differ in any byte, or if a run can't be resumed.
"""
import argparse, glob, json, os, random, shlex, shutil, signal, subprocess, sys, tempfile, time

QUICK = ["--data=cifar10-sample", "--backbone=efficientnet-lite0", "--unfreeze=blocks.15", "--set=input-size=64",
         "--set=epochs=6", "--set=early-stopping.patience=6"]

parser = argparse.ArgumentParser(description="Options of fine-tune replace the quick default: " + " ".join(QUICK))
parser.add_argument("--kills", type=int, default=20)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--graft", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bin", "graft"),
                    help="the command (default: bin/graft)")
options, settings = parser.parse_known_args()
folder = tempfile.mkdtemp(prefix="resume-drill-")


def start(output, *arguments):
    command = shlex.split(options.graft) + ["fine-tune", "--output=" + output, *arguments]
    log = open(output + ".log", "ab")
    return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def run_of(output):
    """Returns the folder and the record of the run, if it has begun."""
    records = glob.glob(output + "/runs/*/run.json")
    return (os.path.dirname(records[0]), json.load(open(records[0]))) if records else (None, {})


def results(output):
    run, record = run_of(output)
    if record.get("status") != "completed":
        return None
    files = [run + "/predictions.csv", *sorted(glob.glob(run + "/model/*.params"))]
    return {os.path.basename(file): open(file, "rb").read() for file in files}


def phase(output):
    run, record = run_of(output)
    if run is None:
        return "before the run began"
    checkpoints = [os.path.basename(file) for file in glob.glob(run + "/checkpoint/*.checkpoint")]
    what = "checkpoint " + max(checkpoints).split(".")[0] if checkpoints else "no checkpoint"
    return what + (", model saved" if os.path.isdir(run + "/model") else "")


def drill(number, moment, expected):
    output = f"{folder}/{number}"
    process = start(output, *(settings or QUICK))
    try:
        process.wait(moment)
        where = "after its end"
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        where = phase(output)
        resumes = run_of(output)[1].get("status") in ("running", "interrupted")
        if run_of(output)[1].get("status") != "completed":
            start(output, *(["--resume"] if resumes else settings or QUICK)).wait()
    found = results(output)
    if found is None:
        verdict = f"NOT RESUMED, see {output}.log"
    else:
        different = [name for name in expected if found.get(name) != expected[name]]
        verdict = "DIFFERENT: " + ", ".join(different) if different else "same bytes"
    print(f"{number:3d}  killed after {moment:6.2f} s ({where}): {verdict}", flush=True)
    if verdict == "same bytes":
        shutil.rmtree(output)
    return verdict == "same bytes"


begun = time.time()
if start(folder + "/undisturbed", *(settings or QUICK)).wait() != 0:
    sys.exit(f"The undisturbed run failed, see {folder}/undisturbed.log")
seconds = time.time() - begun
expected = results(folder + "/undisturbed")
print(f"undisturbed: {seconds:.1f} s, {', '.join(expected)}", flush=True)
moments = [random.Random(options.seed * 1_000 + i).uniform(0, seconds) for i in range(options.kills)]
same = sum(drill(i + 1, moment, expected) for i, moment in enumerate(moments))
print(f"{same} of {options.kills} runs have the bytes of the undisturbed run")
if same < options.kills:
    sys.exit(1)
shutil.rmtree(folder)
