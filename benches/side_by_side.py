#!/usr/bin/env python3
"""Our step and PyTorch's, side by side: of a search or, with --what train, of the training of a derived network.

Runs `lambda-darts bench` and the PyTorch model in turn, each in a process of its own, so that the peak of memory is its
own too; prints a table, a row at a time, and writes everything as JSON. It needs Python's standard library alone; the
Python given with --python needs PyTorch.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from subjects import SUBJECTS

HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """A side that gave no result."""


# ---------------------------------------------------------------- a side
def times(args, threads):
    return ["--steps", args.steps, "--warmup", args.warmup] + (["--threads", threads] if threads else [])


def run(command, limit):
    """The JSON object on the last line that a command prints, with the GPU memory that was taken meanwhile."""
    command = [str(part) for part in command]
    try:
        with GpuMemory() as memory:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{' '.join(command)} took more than {limit} s") from error
    except OSError as error:
        raise Failed(f"{command[0]} cannot be started: {error}") from error
    if done.returncode:
        raise Failed(f"{' '.join(command)} failed with {done.returncode}: {done.stderr.strip()[-400:]}")
    try:
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise Failed(f"{' '.join(command)} printed no JSON: {done.stdout[-400:]}") from error
    result["gpu_mib"] = memory.taken()
    return result


class GpuMemory:
    """The most memory in use on the first NVIDIA GPU above what was in use before: a measure that both sides have. It is
    that of the whole GPU, so nothing else may be running there."""

    wanted = False

    def __enter__(self):
        self.first = self.most = self.process = None
        if self.wanted and shutil.which("nvidia-smi"):
            command = ["nvidia-smi", "--id=0", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
            command.append("--loop-ms=200")
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            # One reading before anything is started.
            self.read(self.process.stdout.readline())
            self.thread = threading.Thread(target=self.follow, daemon=True)
            self.thread.start()
        return self

    def follow(self):
        for line in self.process.stdout:
            self.read(line)

    def read(self, line):
        if line.strip().isdigit():
            used = int(line)
            self.first = used if self.first is None else self.first
            self.most = max(used, self.most or 0)

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.thread.join(timeout=5)

    def taken(self):
        return None if self.first is None else self.most - self.first


# ---------------------------------------------------------------- a row
def measure(args, case, variant, threads):
    """One row: the rounds of all sides, in turn."""
    commands = args.what.commands(args, case, variant)
    row = {"case": case._asdict(), "regularizer": variant.name, "threads": threads, **dict.fromkeys(commands)}
    row["failed"] = []
    rounds = {side: [] for side in commands}
    for _ in range(args.rounds):
        for side, command in commands.items():
            try:
                rounds[side].append(run(command + times(args, threads), args.limit))
            except Failed as failure:
                row["failed"].append(str(failure))
        if row["failed"]:
            break
    row.update({side: together(rounds[side]) for side in commands if rounds[side]})
    # The fastest, where PyTorch is measured in several ways.
    others = [row[side] for side in commands if side != "ours" and row[side]]
    row["pytorch"] = min(others, key=lambda other: other["ms_median"], default=None)
    finish(row, case, variant)
    return row


def together(rounds):
    """The rounds of a side as one: the median of the medians, the greatest of the memory."""
    least = {"ms_min": min}
    most = {name: max for name in ("ms_max", "peak_rss_mib", "imported_rss_mib", "peak_cuda_mib", "gpu_mib")}
    result = dict(rounds[-1])
    for name, choose in {"ms_median": statistics.median, **least, **most}.items():
        known = [one[name] for one in rounds if one.get(name) is not None]
        result[name] = choose(known) if known else None
    result["rounds"] = rounds
    return result


def finish(row, case, variant):
    """What follows from both sides."""
    own, other = row["ours"], row["pytorch"]
    if other:
        forwards = variant.forwards * case.batch
        row["gflop"] = 2e-9 * other["macs_per_image"] * forwards
        row["gbyte"] = 1e-9 * other["bytes_per_image"] * forwards
    if own and other:
        row["ratio"] = own["ms_median"] / other["ms_median"]
        row["memory"] = memories = memory(own), memory(other)
        row["memory_ratio"] = memories[0][1] / memories[1][1] if comparable(*memories) else None
        if None not in (own["peak_rss_mib"], other["imported_rss_mib"]):
            # Ours as a whole against what PyTorch took beside its own libraries.
            row["memory_ratio_above_import"] = own["peak_rss_mib"] / (other["peak_rss_mib"] - other["imported_rss_mib"])
        row["gflop_per_s"] = 1e3 * row["gflop"] / own["ms_median"]
        row["pytorch_gflop_per_s"] = 1e3 * row["gflop"] / other["ms_median"]
        if own.get("weights") not in (None, other["weights"]):
            row["failed"].append(f"not the same network: {own['weights']} weights, PyTorch's has {other['weights']}")


def memory(side):
    """Where the tensors lie, and the peak of that memory in MiB."""
    on_gpu = GpuMemory.wanted and (side.get("peak_cuda_mib") is not None or "torch" not in side)
    return ("gpu", side["gpu_mib"]) if on_gpu and side["gpu_mib"] is not None else ("host", side["peak_rss_mib"])


def comparable(one, other):
    return one[0] == other[0] and one[1] is not None and other[1]


# ---------------------------------------------------------------- the table
def line(columns, cells):
    aligned = (cell.ljust(column.width) if column.left else cell.rjust(column.width)
               for column, cell in zip(columns, cells))
    return " ".join(aligned).rstrip()


# ---------------------------------------------------------------- the whole
def machine():
    processor = platform.processor()
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            processor = next(line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.platform()}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listed = lambda text: [part for part in text.split(",") if part]

    def option(name, about, **more):
        parser.add_argument(name, help=about, **more)

    cases = "; ".join(f"for {what}: {', '.join(case.name for case in of.CASES)}" for what, of in SUBJECTS.items())
    option("--what", "the step: of a search, or of the training of a derived network [default: search]",
           choices=SUBJECTS, default="search")
    option("--cases", "parts of names of cases; each stands for all that have it [default: all, on the CPU without the "
           f"search of DARTS with batch 64]. There are, {cases}", type=listed, metavar="NAME,…")
    option("--regularizers", "of a search, some of off, central, frozen [default: all]", type=listed,
           metavar="NAME,…")
    option("--threads", "of the CPU [default: 1,2 for search, 2 for train]", type=listed, metavar="N,…")
    option("--rounds", "how often the sides take turns [default: 3]", type=int, default=3)
    option("--steps", "steps that a round times [default: 5]", type=int, default=5)
    option("--warmup", "steps before them [default: 1]", type=int, default=1)
    option("--limit", "end a side that takes longer in a round [default: none]", type=float, metavar="SECONDS")
    option("--device", "where ours runs: cpu, or vulkan, metal, dx12 [default: cpu]", default="cpu")
    option("--torch-device", "where PyTorch runs [default: cpu beside our cpu, else cuda where it is]",
           choices=["auto", "cpu", "cuda"])
    option("--binary", "the command lambda-darts [default: beside this file, else the release build]", type=Path)
    option("--model", "the PyTorch model [default: beside this file, else pytorch/model.py]", type=Path)
    option("--python", "a Python that has PyTorch [default: the one that runs this]", default=sys.executable)
    option("--out", "the JSON [default: side_by_side.json]", type=Path, default=Path("side_by_side.json"))
    args = parser.parse_args()

    on_cpu = args.device == "cpu"
    what = SUBJECTS[args.what]
    names = [case.name for case in what.CASES]
    wanted = args.cases or ["all"]
    chosen = [case for case in what.CASES if any(part in case.name or part == "all" for part in wanted)]
    if not args.cases and on_cpu:
        chosen = [case for case in chosen if not case.large]
    for part in wanted:
        if part != "all" and not any(part in name for name in names):
            parser.error(f"no case has {part} in its name; there are {', '.join(names)}")
    variants = [variant.name for variant in what.VARIANTS]
    for name in args.regularizers or []:
        if name not in variants:
            known = ", ".join(filter(None, variants)) or "none of a training"
            parser.error(f"no regularizer {name}; there are {known}")
    threads = args.threads or [str(number) for number in what.DEFAULT_THREADS]
    if not all(part.isdigit() and int(part) > 0 for part in threads):
        parser.error(f"--threads is a list of numbers, not {','.join(threads)}")
    if min(args.rounds, args.steps) < 1 or args.warmup < 0:
        parser.error("--rounds and --steps are at least 1, --warmup at least 0")
    args.what, args.cases = what, chosen
    args.variants = [variant for variant in what.VARIANTS if not args.regularizers or variant.name in args.regularizers]
    # A GPU's work is not divided among the threads of the CPU: both sides take what they take.
    args.threads = [int(part) for part in threads] if on_cpu else [None]
    args.torch_device = args.torch_device or ("cpu" if on_cpu else "auto")
    target = Path(os.environ.get("CARGO_TARGET_DIR") or HERE.parent / "target")
    args.binary = args.binary or first([HERE / "lambda-darts", target / "release" / "lambda-darts"])
    args.model = args.model or first([HERE / "model.py", HERE / "pytorch" / "model.py"])
    return args


def first(paths):
    return next((path for path in paths if path.exists()), paths[-1])


def main():
    args = arguments()
    GpuMemory.wanted = args.device != "cpu"
    options = {name: getattr(args, name) for name in ("rounds", "steps", "warmup", "device", "torch_device")}
    what = args.what
    report = {"what": what.__name__.lower(), "machine": machine(), "options": options, "rows": []}
    rows = report["rows"]
    print(line(what.COLUMNS, [column.title for column in what.COLUMNS]), flush=True)
    for case in args.cases:
        for threads in args.threads:
            for variant in args.variants:
                row = measure(args, case, variant, threads)
                what.relate(row, rows)
                rows.append(row)
                print(line(what.COLUMNS, [column.shown(row) for column in what.COLUMNS]), flush=True)
                for failure in row["failed"]:
                    print(f"  failed: {failure}", file=sys.stderr, flush=True)
                # After every row: what is measured is kept if the rest is not waited for.
                args.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    devices = {side: sorted({row[side]["device"] for row in rows if row[side]}) for side in ("ours", "pytorch")}
    own, other = [", ".join(devices[side]) or "–" for side in ("ours", "pytorch")]
    print(f"\n{what.NOTES}\n\nours on {own}, PyTorch on {other}; everything measured is in {args.out}")
    return 1 if any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
