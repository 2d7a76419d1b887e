#!/usr/bin/env python3
"""Makes a table of NAS-Bench-201 for `lambda-darts`, as CSV, from the benchmark files of its authors.

  python3 nats_bench_to_csv.py NATS-tss-v1_0-3ffb9-simple nas-bench-201.csv
  python3 nats_bench_to_csv.py NATS-tss-v1_0-3ffb9.pickle.pbz2 nas-bench-201.csv   the same in one file
  python3 nats_bench_to_csv.py NAS-Bench-201-v1_1-096897.pth nas-bench-201.csv     the older file

The first two need `pip install nats_bench`, the last one `pip install nas-bench-201 torch`. The folder is the best of
them: its cells are read one after the other, in some five minutes and in 40 MB of memory. The other two are loaded
whole, some tens of GB. All three are pickles, which can run any program when they are opened: open only files of
the authors.

Every number is of a training over 200 epochs and the mean over all of its seeds, so that the same files always give the
same table. nas-bench-201.md, beside this script, says what the columns are.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import time
import warnings
from pathlib import Path
from typing import Any, NoReturn

COLUMNS = "index,arch,c10_valid,c10_test,c100_valid,c100_test,in16_valid,in16_test,params_m,c10_train_s"
EPOCHS = "200"
# What the packages and a damaged file raise.
FAULTS = (OSError, EOFError, ValueError, AssertionError, pickle.UnpicklingError)
SOURCE = "https://github.com/D-X-Y/NATS-Bench#preparation-and-download"


def stop(why: str) -> NoReturn:
    sys.exit(f"nats_bench_to_csv.py: {why}")


def open_folder(path: Path) -> Any:
    if not (path / "meta.pickle.pbz2").is_file():
        stop(f"{path} has no meta.pickle.pbz2: it is not NATS-tss-v1_0-3ffb9-simple. {SOURCE} says where that is.")
    return open_nats_bench(path, fast_mode=True)


def open_nats_bench(path: Path, fast_mode: bool) -> Any:
    try:
        from nats_bench import create
    except ModuleNotFoundError as error:
        stop(f"Python does not find the package {error.name}. This installs it: pip install nats_bench")
    return create(str(path), "tss", fast_mode=fast_mode, verbose=False)


def open_nas_bench_201(path: Path) -> Any:
    # The package loads its file without a word on `weights_only`, and PyTorch 2.6 and newer then refuse what is in it.
    warnings.filterwarnings("ignore", message=".*TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
    os.environ.setdefault("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    try:
        from nas_201_api import NASBench201API
    except ModuleNotFoundError as error:
        stop(f"Python does not find the package {error.name}. This installs it: pip install nas-bench-201 torch")
    return NASBench201API(str(path), verbose=False)


def open_benchmark(path: Path) -> Any:
    """Opens the files with the package of their authors."""
    if not path.exists():
        stop(f"{path} does not exist. {SOURCE} says where the files are.")
    try:
        if path.is_dir():
            api = open_folder(path)
        elif path.name.endswith(".pickle.pbz2"):
            api = open_nats_bench(path, fast_mode=False)
        elif path.suffix == ".pth":
            api = open_nas_bench_201(path)
        elif path.suffix == ".tar":
            stop(f"{path} is still packed. This unpacks it: tar xf {path}")
        else:
            stop(f"{path} is neither a folder nor a file that ends in .pickle.pbz2 or .pth.")
    except FAULTS as error:
        stop(f"{path} cannot be read: {error}")
    if not api.arch(0).startswith("|"):
        stop(f"{path} is of NATS-Bench's other space, the sizes. The cells are in NATS-tss-v1_0-3ffb9-simple.")
    return api


def row(api: Any, index: int) -> str:
    """Returns the line of a cell."""

    def of(dataset: str) -> dict[str, Any]:
        # `is_random` takes one seed of several; without it the package takes their mean.
        return api.get_more_info(index, dataset, hp=EPOCHS, is_random=False)

    # `cifar10-valid` is trained on one half of the training images, and the other half is for validation; `cifar10` is
    # trained on both.
    half, both, cifar100, imagenet = (of(name) for name in ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"))
    accuracies = [
        half["valid-accuracy"],
        both["test-accuracy"],
        cifar100["valid-accuracy"],
        cifar100["test-accuracy"],
        imagenet["valid-accuracy"],
        imagenet["test-accuracy"],
    ]
    wrong = [accuracy for accuracy in accuracies if not 0 <= accuracy <= 100]
    if wrong:
        raise ValueError(f"{wrong[0]} is not an accuracy in percent")
    millions = api.get_cost_info(index, "cifar10", hp=EPOCHS)["params"]
    seconds = half["train-all-time"]
    fields = [str(index), api.arch(index), *(f"{accuracy:.3f}" for accuracy in accuracies), f"{millions:.6f}"]
    # A file may lack the times; the program reads an empty field as an unknown number.
    return ",".join([*fields, "" if seconds is None else f"{seconds:.1f}"])


def forget(api: Any, index: int) -> None:
    """Drops a cell that was read from a folder: the package would keep all of them, 2 MB each."""
    if getattr(api, "fast_mode", False):
        api.arch2infos_dict.pop(index, None)
        api.evaluated_indexes.discard(index)


def write(api: Any, cells: list[int], out: Path) -> None:
    """Writes the table, whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    end, pause = ("\r", 1) if sys.stderr.isatty() else ("\n", 30)
    start = told = time.monotonic()
    try:
        with part.open("w", encoding="ascii", newline="\n") as file:
            print(COLUMNS, file=file)
            for done, index in enumerate(cells, 1):
                print(line_of(api, index), file=file)
                forget(api, index)
                now = time.monotonic()
                if now - told >= pause:
                    told = now
                    left = (now - start) / done * (len(cells) - done)
                    print(f"{done} of {len(cells)} cells, {left:.0f} s left ", end=end, file=sys.stderr, flush=True)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def line_of(api: Any, index: int) -> str:
    try:
        return row(api, index)
    except KeyError as error:
        stop(f"cell {index}: the files have no {error} of it")
    except FAULTS as error:
        stop(f"cell {index}: {error}")


def main() -> None:
    lines = (__doc__ or "").split("\n")
    parser = argparse.ArgumentParser(
        description=lines[0], epilog="\n".join(lines[2:]), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, help="the folder or the file of the benchmark")
    parser.add_argument("table", type=Path, help="the CSV file to write; one that is there is replaced")
    parser.add_argument("--cells", metavar="N,N", help="take only these cells, by their numbers: for a quick try")
    arguments = parser.parse_args()
    if not arguments.table.absolute().parent.is_dir():
        stop(f"{arguments.table.absolute().parent} is not a folder.")
    print(f"opening {arguments.files}", file=sys.stderr)
    api = open_benchmark(arguments.files)
    cells = list(range(len(api)))
    if arguments.cells is not None:
        try:
            wanted = sorted({int(number) for number in arguments.cells.split(",")})
        except ValueError:
            stop(f"--cells {arguments.cells}: not numbers with commas between them.")
        unknown = [number for number in wanted if number not in range(len(api))]
        if unknown:
            stop(f"--cells {arguments.cells}: the benchmark has cells 0 to {len(api) - 1}.")
        cells = wanted
    write(api, cells, arguments.table)
    # The last report of the progress may stand in this line.
    print(f"{arguments.table} has {len(cells)} of {len(api)} cells".ljust(60), file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("interrupted; no table was written.")
