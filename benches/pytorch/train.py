"""The training of a derived network as a user of PyTorch would write it: recipes of DARTS and NAS-Bench-201, one step.

  python train.py --space darts --genotype 'Genotype(normal=[…], …)' --channels 16 --cells 8 --batch 32 \\
      --auxiliary-weight 0.4 --drop-path 0.1 --memory-format channels_last

times whole steps (forward with batch statistics, backward, clipping, SGD) on random images and prints one JSON object.
"""

import argparse
import ast
import json

import torch
import torch.nn as nn
import torch.nn.functional as F
from model import (DerivedCell, DerivedDarts, DerivedNb201, add_measurement, nb201_nodes, peak_rss_mib, random_batch,
                   set_up, timed, work)

RECIPES = {
    "darts": {"lr": 0.025, "momentum": 0.9, "weight_decay": 3e-4},
    "nas-bench-201": {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True},
}
# NAS-Bench-201 does not clip.
CLIP = {"darts": 5.0, "nas-bench-201": None}
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def darts_cells(text):
    """(nodes, outputs) of both types of cell, from DARTS's notation."""

    def value(node):
        # `range(2, 6)`, or a list.
        return list(range(*map(ast.literal_eval, node.args))) if isinstance(node, ast.Call) else ast.literal_eval(node)

    fields = {field.arg: value(field.value) for field in ast.parse(text, mode="eval").body.keywords}
    pairs = lambda reads: [reads[i:i + 2] for i in range(0, len(reads), 2)]
    return [(pairs(fields[cell]), fields[f"{cell}_concat"]) for cell in ("normal", "reduce")]


def network(space, genotype, channels, cells, classes, auxiliary, drop_path):
    if space == "darts":
        net = DerivedDarts(darts_cells(genotype), channels, cells, classes, auxiliary)
    else:
        net = DerivedNb201(nb201_nodes(genotype), channels, cells, classes)
    for module in net.modules():
        if isinstance(module, DerivedCell):
            module.drop_path = drop_path
    return net


class Training:
    """One step at a time."""

    def __init__(self, net, space, auxiliary_weight):
        self.net, self.clip, self.auxiliary_weight = net, CLIP[space], auxiliary_weight
        self.optimizer = torch.optim.SGD(net.parameters(), **RECIPES[space])

    def step(self, x, y):
        self.optimizer.zero_grad()
        outputs = self.net(x)
        logits, beside = outputs if isinstance(outputs, tuple) else (outputs, None)
        loss = F.cross_entropy(logits, y)
        if beside is not None:
            loss = loss + self.auxiliary_weight * F.cross_entropy(beside, y)
        loss.backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.net.parameters(), self.clip)
        self.optimizer.step()
        return loss


def measure(a):
    device, imported = set_up(a), peak_rss_mib()
    layout = FORMATS[a.memory_format]
    net = network(a.space, a.genotype, a.channels, a.cells, a.classes, a.auxiliary_weight > 0, a.drop_path)
    net = net.to(device, memory_format=layout)
    training = Training(net, a.space, a.auxiliary_weight)
    x, y = random_batch(a, device)
    x = x.contiguous(memory_format=layout)
    result = timed(a, net, lambda: training.step(x, y), imported)
    return {**result, "memory_format": a.memory_format, **work(net, a.size)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("--space", choices=RECIPES, required=True, help="the space, which has a recipe")
    option("--genotype", required=True, help="the cells, in the notation of the space")
    option("--channels", type=int, default=16, help="channels of the first cells")
    option("--cells", type=int, default=5, help="cells; for nas-bench-201 in each of the three stages")
    option("--auxiliary-weight", type=float, default=0.0, help="of the auxiliary head's loss; 0 for no such head")
    option("--drop-path", type=float, default=0.0, help="the probability in use")
    option("--memory-format", choices=FORMATS, default="contiguous", help="of images, weights and feature maps")
    add_measurement(parser)
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
