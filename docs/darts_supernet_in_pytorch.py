#!/usr/bin/env python3
"""Rebuilds the supernet of a run on `darts` or `darts-none` in PyTorch, from the run's event log and checkpoint alone.

  python3 darts_supernet_in_pytorch.py RUN IMAGES.safetensors

supernet_in_pytorch.py, beside this script, does the same for NAS-Bench-201 and says what IMAGES.safetensors is, what is
printed, and which methods read other operation weights than softmax(α).
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from supernet_in_pytorch import main


def supernet(run):
    """Returns the supernet as a function from images to logits, and the configuration of the run."""
    config = json.loads(Path(run, "events.jsonl").open(encoding="utf-8").readline())["config"]
    tensors = load_file(Path(run, "checkpoint.safetensors"))
    first = 1 if config["space"] == "darts-none" else 0  # `none` adds nothing

    def norm(x, name):
        mean, variance = tensors[f"{name}.running_mean"], tensors[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias"))

    def conv(x, name, stride=1, dilation=1):
        weight = tensors[f"{name}.weight"]
        padding = weight.shape[2] // 2 * dilation
        return F.conv2d(x, weight, None, stride, padding, dilation, groups=x.shape[1] // weight.shape[1])

    def separable(x, name, layer, stride=1, dilation=1):
        depthwise = conv(x.relu(), f"{name}.op.{layer}", stride, dilation)
        return norm(conv(depthwise, f"{name}.op.{layer + 1}"), f"{name}.op.{layer + 2}")

    def halved(x, name):
        even, odd = x.relu(), F.pad(x.relu(), (-1, 1, -1, 1))  # the second is shifted by one pixel
        return norm(torch.cat([conv(even, f"{name}.conv_1", 2), conv(odd, f"{name}.conv_2", 2)], dim=1), f"{name}.bn")

    def operations(x, edge, stride):
        names = [f"{edge}._ops.{k}" for k in range(first, first + 7)]
        return [
            norm(F.max_pool2d(x, 3, stride, padding=1), f"{names[0]}.1"),
            norm(F.avg_pool2d(x, 3, stride, padding=1, count_include_pad=False), f"{names[1]}.1"),
            x if stride == 1 else halved(x, names[2]),
            *[separable(separable(x, name, 1, stride), name, 5) for name in names[3:5]],  # sep_conv_3x3, sep_conv_5x5
            *[separable(x, name, 1, stride, dilation=2) for name in names[5:7]],  # dil_conv_3x3, dil_conv_5x5
        ]

    def cell(nodes, name, table, reduces):
        edges = enumerate(table.softmax(dim=1)[:, first:])
        for _ in range(4):
            node = 0
            for source, x in enumerate(nodes):
                edge, weights = next(edges)
                outputs = operations(x, f"{name}._ops.{edge}", 2 if reduces and source < 2 else 1)
                node = node + sum(p * y for p, y in zip(weights, outputs))
            nodes = [*nodes, node]
        return torch.cat(nodes[2:], dim=1)

    def preprocessed(x, name):
        if f"{name}.conv_1.weight" in tensors:
            return halved(x, name)
        return norm(conv(x.relu(), f"{name}.op.1"), f"{name}.op.2")

    def network(images):
        before = last = norm(conv(images, "stem.0"), "stem.1")
        count = config["supernet"]["cells"]
        for at in range(count):
            reduces = at in (count // 3, 2 * count // 3)
            inputs = [preprocessed(x, f"cells.{at}.preprocess{i}") for i, x in enumerate((before, last))]
            table = tensors["alphas_reduce" if reduces else "alphas_normal"]
            before, last = last, cell(inputs, f"cells.{at}", table, reduces)
        return F.linear(last.mean(dim=(2, 3)), tensors["classifier.weight"], tensors["classifier.bias"])

    return network, config


if __name__ == "__main__":
    main(supernet, ["darts", "darts-none"])
