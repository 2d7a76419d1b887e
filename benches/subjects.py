"""The subjects of the comparison: the step of a search, and the step of the training of a derived network. Each has its
cases, the commands that measure them, and the columns of its table."""

from __future__ import annotations

from typing import Callable, NamedTuple


class Variant(NamedTuple):
    """A way to take the step of a case."""

    name: str | None
    forwards: int
    """Cost of a step in forward passes, if nothing is reused between its passes (README.md)."""
    ours: list = []
    pytorch: list = []


class Column(NamedTuple):
    title: str
    width: int
    shown: Callable[[dict], str]
    left: bool = False


def number(digits, *path):
    """Shows a number of a row, if it is there."""

    def shown(row):
        value = row
        for name in path:
            if value is not None:
                value = value[name] if isinstance(name, int) else value.get(name)
        return "–" if value is None else f"{value:.{digits}f}"

    return shown


THREADS = Column("threads", 8, lambda row: str(row["threads"] or "GPU"))
OURS = Column("ours ms", 10, number(1, "ours", "ms_median"))
RATIO = Column("ratio", 6, number(2, "ratio"))
COST = [
    Column("ours MiB", 9, number(0, "memory", 0, 1)), Column("PyTorch MiB", 12, number(0, "memory", 1, 1)),
    Column("ratio", 6, number(2, "memory_ratio")), Column("GFLOP", 8, number(1, "gflop")),
    Column("GB", 7, number(1, "gbyte")), Column("GFLOP/s", 8, number(1, "gflop_per_s")),
    Column("launches", 8, number(0, "ours", "launches")),
]
MEMORY_NOTE = """\
MiB        peak of the process, of the GPU where both sides use it; PyTorch's process has PyTorch itself in it
GFLOP, GB  the floor of a step: twice the multiply-accumulates of its passes (README.md: {} times a forward
           pass); the activations that are read and written if every layer is a kernel of its own
GFLOP/s    that floor / our time"""


def case_column(width):
    return Column("case", width, lambda row: row["case"]["name"], left=True)


def common(case):
    return ["--channels", case.channels, "--cells", case.cells, "--batch", case.batch]


# ---------------------------------------------------------------- search
class SearchCase(NamedTuple):
    name: str
    space: str
    channels: int
    cells: int
    size: int
    batch: int
    large: bool = False
    """Left out on a CPU unless it is asked for."""


class Search:
    """The step of a search, without and with the regularizer."""

    CASES = [
        SearchCase("nb201-c16-n5-32px-b64", "nas-bench-201", 16, 5, 32, 64),
        SearchCase("nb201-c16-n5-32px-b16", "nas-bench-201", 16, 5, 32, 16),
        SearchCase("darts-c16-l8-32px-b64", "darts", 16, 8, 32, 64, large=True),
        SearchCase("darts-c16-l8-32px-b16", "darts", 16, 8, 32, 16),
        SearchCase("s2-c16-l8-32px-b16", "s2", 16, 8, 32, 16),
        SearchCase("nb201-c8-n1-16px-b64", "nas-bench-201", 8, 1, 16, 64),
        SearchCase("darts-c8-l5-16px-b16", "darts", 8, 5, 16, 16),
    ]
    DEFAULT_THREADS = [1, 2]
    # The architecture's pass asks for no gradient of the weights (2), the others for all (3). The derivative that
    # `frozen` is has a pass of its own, and together with the gradient two products for the weights (2 + 2 + 2). `off`
    # comes first, as the others are held against it.
    VARIANTS = [
        Variant("off", 5, ["--method", "darts", "--estimator", "central"], ["none", "--estimator", "central"]),
        Variant("central", 11, ["--method", "lambda-darts", "--estimator", "central"],
                ["cosine", "--estimator", "central"]),
        Variant("frozen", 8, ["--method", "lambda-darts", "--estimator", "frozen"],
                ["cosine", "--estimator", "frozen"]),
    ]
    COLUMNS = [
        case_column(22), Column("Λ", 8, lambda row: row["regularizer"], left=True), THREADS, OURS,
        Column("PyTorch ms", 11, number(1, "pytorch", "ms_median")), RATIO, Column("on/off", 6, number(2, "on_off")),
        *COST,
    ]
    NOTES = ("ratio      ours / PyTorch; below 1 is faster, or less memory\n"
             "on/off     our step with the regularizer / without\n" + MEMORY_NOTE.format("5, 11 and 8"))

    @staticmethod
    def commands(args, case, variant):
        sizes = [*common(case), "--size", case.size]
        space = "nb201" if case.space == "nas-bench-201" else case.space
        return {
            # The published settings and three channels, of which CIFAR-10 is the sign; its images are not read.
            "ours": [args.binary, "bench", "--json", "--data", "cifar10", "--space", case.space, *sizes, *variant.ours,
                     "--device", args.device],
            "pytorch": [args.python, args.model, "time", "--space", space, *sizes, "--regularizer", *variant.pytorch,
                        "--device", args.torch_device],
        }

    @staticmethod
    def relate(row, rows):
        """Holds a row against that without the regularizer."""
        same = lambda other: (other["case"], other["threads"]) == (row["case"], row["threads"])
        off = next((other["ours"] for other in rows if other["regularizer"] == "off" and same(other)), None)
        if row["regularizer"] != "off" and off and row["ours"]:
            row["on_off"] = row["ours"]["ms_median"] / off["ms_median"]


# ---------------------------------------------------------------- training
DARTS_V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)
NB201_CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"


class TrainCase(NamedTuple):
    name: str
    space: str
    genotype: str
    channels: int
    cells: int
    batch: int
    auxiliary_weight: float
    drop_path: float
    large: bool = False


class Train:
    """The step of the training of a derived network on images of 32×32 pixels. PyTorch is measured in both of its
    memory formats, and the faster one counts."""

    CASES = [
        TrainCase("darts-v2-c16-l8-32px-b32", "darts", DARTS_V2, 16, 8, 32, 0.4, 0.1),
        TrainCase("nb201-c16-n5-32px-b64", "nas-bench-201", NB201_CELL, 16, 5, 64, 0.0, 0.0),
    ]
    DEFAULT_THREADS = [2]
    VARIANTS = [Variant(None, 3)]
    FORMATS = ["contiguous", "channels_last"]
    COLUMNS = [
        case_column(25), THREADS, OURS, *(Column(f"{name} ms", 17, number(1, name, "ms_median")) for name in FORMATS),
        RATIO, *COST,
    ]
    NOTES = ("ratio      ours / PyTorch in its faster memory format; below 1 is faster, or less memory\n"
             + MEMORY_NOTE.format("3"))

    @classmethod
    def commands(cls, args, case, _):
        network = ["--space", case.space, *common(case), "--auxiliary-weight", case.auxiliary_weight,
                   "--drop-path", case.drop_path]
        # It lies beside the model, which it imports.
        pytorch = [args.python, args.model.with_name("train.py"), "--genotype", case.genotype, *network, "--device",
                   args.torch_device]
        ours = [args.binary, "bench", "--json", "--train", case.genotype, *network, "--device", args.device]
        return {"ours": ours, **{name: [*pytorch, "--memory-format", name] for name in cls.FORMATS}}

    @staticmethod
    def relate(row, rows):
        """Nothing: every row stands by itself."""


SUBJECTS = {"search": Search, "train": Train}
