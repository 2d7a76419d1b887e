"""Files of weights for the tests of the Rust library, as PyTorch writes them.

  python weights.py tests OUT_DIR      files of core/src/exchange/weights/tests
  python weights.py corpus OUT_DIR     files of fuzz/corpus/weights

Number j of a tensor is the sum of the bytes of its name plus j/64, which every type of number but the smallest holds.
"""
import argparse
import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from cases import nb201_nodes, reference_name
from model import DerivedNb201
from safetensors.torch import save_file

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"


def filled(name, shape):
    numbers = torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)
    return sum(name.encode()) + numbers / 64


def network():
    """State dict of a derived network of NAS-Bench-201 with one channel and two classes."""
    state = DerivedNb201(nb201_nodes(CELL), 1, 1, 2).state_dict()
    named = OrderedDict()
    for name, tensor in state.items():
        name = reference_name(name)
        named[name] = filled(name, tensor.shape) if tensor.is_floating_point() else tensor
    named._metadata = state._metadata
    return named


SMALL = {"stem.0.weight": (2, 1, 1, 1), "stem.1.weight": (2,), "stem.1.bias": (2,), "stem.1.running_mean": (2,),
         "stem.1.running_var": (2,), "classifier.weight": (2, 2), "classifier.bias": (2,)}


def small():
    """State dict of the smallest network: a 1x1 convolution, a batch norm, a classifier."""
    return OrderedDict((name, filled(name, shape)) for name, shape in SMALL.items())


def mixed():
    """The same with every type of number, views of a shared storage, and what is not the network's."""
    state, shared = small(), torch.arange(12.0)
    state["stem.0.weight"] = torch.tensor([-1.5, 2 ** -24], dtype=torch.float16).reshape(2, 1, 1, 1)
    state["stem.1.weight"] = shared[1:9:4]
    state["stem.1.bias"] = torch.nn.Parameter(shared[10:])
    state["stem.1.running_var"] = state["stem.1.running_var"].double()
    state["classifier.weight"] = shared[2:8].reshape(3, 2).t()[:, 1:]
    state["classifier.bias"] = torch.tensor([1.0, 3.0], dtype=torch.bfloat16)
    state["stem.1.num_batches_tracked"] = torch.tensor(7)
    state["auxiliary_head.classifier.bias"] = torch.zeros(3)
    return {"net": state, "acc": 93.5, "best": np.float64(0.5)}


class Hostile:
    def __reduce__(self):
        return os.system, ("true",)


def checkpoint():
    """The network as a training loop with DataParallel saves it."""
    weight = torch.nn.Parameter(torch.zeros(3))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    state = OrderedDict((f"module.{name}", tensor) for name, tensor in network().items())
    return {"epoch": 3, "state_dict": state, "optimizer": optimizer.state_dict(), "best_acc_top1": np.float64(93.5)}


def tests(out):
    torch.save(checkpoint(), out / "checkpoint.pt", _use_new_zipfile_serialization=False)
    torch.save(mixed(), out / "mixed.pt")
    torch.save({**small(), "extra": Hostile()}, out / "hostile.pt")
    old = {"_use_new_zipfile_serialization": False}
    torch.save({**small(), "stem.0.weight": torch.zeros(2, 1, 3, 3)}, out / "shape.pt", **old)
    torch.save({**small(), "classifier.bias": torch.zeros(2).long()}, out / "integers.pt", **old)


def corpus(out):
    torch.save(small(), out / "small.pt")
    torch.save(mixed(), out / "mixed.pt")
    torch.save(small(), out / "old.pt", _use_new_zipfile_serialization=False)
    torch.save({**small(), "extra": Hostile()}, out / "hostile.pt")
    save_file(small(), out / "small.safetensors")
    save_file({**small(), "stem.1.num_batches_tracked": torch.tensor(7)}, out / "count.safetensors")
    whole = (out / "small.pt").read_bytes()
    (out / "truncated.pt").write_bytes(whole[:len(whole) // 2])
    (out / "old-truncated.pt").write_bytes((out / "old.pt").read_bytes()[:-3])
    (out / "truncated.safetensors").write_bytes((out / "small.safetensors").read_bytes()[:-3])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["tests", "corpus"])
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    {"tests": tests, "corpus": corpus}[args.what](args.out)


if __name__ == "__main__":
    main()
