#!/usr/bin/env python3
"""Our search step and PyTorch's, side by side.

Runs `lambda-darts bench` and pytorch/model.py in turn, each in a process of its own, so that the peak of memory is its
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
from typing import NamedTuple

HERE = Path(__file__).resolve().parent


class Case(NamedTuple):
    name: str
    space: str
    channels: int
    cells: int
    size: int
    batch: int
    large: bool = False
    """Left out on a CPU unless it is asked for."""


CASES = [
    Case("nb201-c16-n5-32px-b64", "nas-bench-201", 16, 5, 32, 64),
    Case("nb201-c16-n5-32px-b16", "nas-bench-201", 16, 5, 32, 16),
    Case("darts-c16-l8-32px-b64", "darts", 16, 8, 32, 64, large=True),
    Case("darts-c16-l8-32px-b16", "darts", 16, 8, 32, 16),
    Case("s2-c16-l8-32px-b16", "s2", 16, 8, 32, 16),
    Case("nb201-c8-n1-16px-b64", "nas-bench-201", 8, 1, 16, 64),
    Case("darts-c8-l5-16px-b16", "darts", 8, 5, 16, 16),
]


class Regularizer(NamedTuple):
    method: str
    form: str
    estimator: str
    forwards: int
    """What a step comes to, in forward passes: as much again for the gradients of the inputs, and for those of the
    weights. The architecture's pass asks for none of the weights (2), the others for all (3). The derivative that
    `frozen` is has a pass of its own, and together with the gradient two products for the weights (2 + 2 + 2)."""


REGULARIZERS = {
    "off": Regularizer("darts", "none", "central", 5),
    "central": Regularizer("lambda-darts", "cosine", "central", 11),
    "frozen": Regularizer("lambda-darts", "cosine", "frozen", 8),
}


class Failed(Exception):
    """A side that gave no result."""


# ---------------------------------------------------------------- the two sides
def sizes(case):
    return ["--channels", case.channels, "--cells", case.cells, "--size", case.size, "--batch", case.batch]


def times(args, threads):
    return ["--steps", args.steps, "--warmup", args.warmup] + (["--threads", threads] if threads else [])


def ours(args, case, regularizer, threads):
    # The published settings and three channels, of which CIFAR-10 is the sign; its images are not read.
    command = [args.binary, "bench", "--json", "--data", "cifar10", "--space", case.space, *sizes(case)]
    command += ["--method", regularizer.method, "--estimator", regularizer.estimator, "--device", args.device]
    return run(command + times(args, threads), args.limit)


def pytorch(args, case, regularizer, threads):
    space = "nb201" if case.space == "nas-bench-201" else case.space
    command = [args.python, args.model, "time", "--space", space, *sizes(case)]
    command += ["--regularizer", regularizer.form, "--estimator", regularizer.estimator, "--device", args.torch_device]
    return run(command + times(args, threads), args.limit)


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
def measure(args, case, name, threads):
    """One row: the rounds of both sides, in turn."""
    regularizer = REGULARIZERS[name]
    row = {"case": case._asdict(), "regularizer": name, "threads": threads, "ours": None, "pytorch": None, "failed": []}
    sides = {"ours": ours, "pytorch": pytorch}
    rounds = {side: [] for side in sides}
    for _ in range(args.rounds):
        for side, measured in sides.items():
            try:
                rounds[side].append(measured(args, case, regularizer, threads))
            except Failed as failure:
                row["failed"].append(str(failure))
        if row["failed"]:
            break
    for side in sides:
        if rounds[side]:
            row[side] = together(rounds[side])
    finish(row, case, regularizer)
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


def finish(row, case, regularizer):
    """What follows from both sides."""
    own, other = row["ours"], row["pytorch"]
    if other:
        forwards = regularizer.forwards * case.batch
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
COLUMNS = [
    ("case", 22), ("Λ", 8), ("threads", 8), ("ours ms", 10), ("PyTorch ms", 11), ("ratio", 6), ("on/off", 6),
    ("ours MiB", 9), ("PyTorch MiB", 12), ("ratio", 6), ("GFLOP", 8), ("GB", 7), ("GFLOP/s", 8), ("launches", 8),
]


def line(cells):
    def aligned(place, cell):
        width = COLUMNS[place][1]
        return cell.ljust(width) if place < 2 else cell.rjust(width)

    return " ".join(aligned(place, cell) for place, cell in enumerate(cells)).rstrip()


def shown(row):
    def number(value, digits):
        return "–" if value is None else f"{value:.{digits}f}"

    own, other, memories = row["ours"] or {}, row["pytorch"] or {}, row.get("memory", [(None, None)] * 2)
    return line([
        row["case"]["name"], row["regularizer"], str(row["threads"] or "GPU"),
        number(own.get("ms_median"), 1), number(other.get("ms_median"), 1), number(row.get("ratio"), 2),
        number(row.get("on_off"), 2), number(memories[0][1], 0), number(memories[1][1], 0),
        number(row.get("memory_ratio"), 2), number(row.get("gflop"), 1), number(row.get("gbyte"), 1),
        number(row.get("gflop_per_s"), 1), number(own.get("launches"), 0),
    ])


NOTES = """\
ratio      ours / PyTorch; below 1 is faster, or less memory
on/off     our step with the regularizer / without
MiB        peak of the process, of the GPU where both sides use it; PyTorch's process has PyTorch itself in it
GFLOP, GB  the floor of a step: twice the multiply-accumulates of its passes (README.md: 5, 11 and 8 times a forward
           pass); the activations that are read and written if every layer is a kernel of its own
GFLOP/s    that floor / our time"""


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
    names = [case.name for case in CASES]
    listed = lambda text: [part for part in text.split(",") if part]

    def option(name, about, **more):
        parser.add_argument(name, help=about, **more)

    option("--cases", "parts of names of cases; each stands for all that have it [default: all, on the CPU without the "
           f"one of DARTS with batch 64]. There are {', '.join(names)}", type=listed, metavar="NAME,…")
    option("--regularizers", "some of off, central, frozen [default: all]", type=listed, metavar="NAME,…",
           default=list(REGULARIZERS))
    option("--threads", "of the CPU [default: 1,2]", type=listed, metavar="N,…", default=["1", "2"])
    option("--rounds", "how often the two sides take turns [default: 3]", type=int, default=3)
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
    wanted = args.cases or ["all"]
    chosen = [case for case in CASES if any(part in case.name or part == "all" for part in wanted)]
    if not args.cases and on_cpu:
        chosen = [case for case in chosen if not case.large]
    for part in wanted:
        if part != "all" and not any(part in name for name in names):
            parser.error(f"no case has {part} in its name; there are {', '.join(names)}")
    for name in args.regularizers:
        if name not in REGULARIZERS:
            parser.error(f"no regularizer {name}; there are {', '.join(REGULARIZERS)}")
    if not all(part.isdigit() and int(part) > 0 for part in args.threads):
        parser.error(f"--threads is a list of numbers, not {','.join(args.threads)}")
    if min(args.rounds, args.steps) < 1 or args.warmup < 0:
        parser.error("--rounds and --steps are at least 1, --warmup at least 0")
    args.cases = chosen
    # A GPU's work is not divided among the threads of the CPU: both sides take what they take.
    args.threads = [int(part) for part in args.threads] if on_cpu else [None]
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
    report = {"machine": machine(), "options": options, "rows": []}
    rows = report["rows"]
    print(line([title for title, _ in COLUMNS]), flush=True)
    for case in args.cases:
        for threads in args.threads:
            off = None
            # Without the regularizer first, which the others are held against.
            for name in sorted(args.regularizers, key=list(REGULARIZERS).index):
                row = measure(args, case, name, threads)
                own = row["ours"]
                if name == "off":
                    off = own
                elif own and off:
                    row["on_off"] = own["ms_median"] / off["ms_median"]
                rows.append(row)
                print(shown(row), flush=True)
                for failure in row["failed"]:
                    print(f"  failed: {failure}", file=sys.stderr, flush=True)
                # After every row: what is measured is kept if the rest is not waited for.
                args.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    devices = {side: sorted({row[side]["device"] for row in rows if row[side]}) for side in ("ours", "pytorch")}
    own, other = [", ".join(devices[side]) or "–" for side in ("ours", "pytorch")]
    print(f"\n{NOTES}\n\nours on {own}, PyTorch on {other}; everything measured is in {args.out}")
    return 1 if any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
