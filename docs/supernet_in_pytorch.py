#!/usr/bin/env python3
"""Rebuilds the supernet of a run on NAS-Bench-201 in PyTorch, from the run's event log and checkpoint alone.

  python3 supernet_in_pytorch.py RUN IMAGES.safetensors

It needs `pip install torch safetensors numpy`. IMAGES.safetensors has a tensor `images` [N, channels, height, width] in
single precision and may have `labels` [N] of 64-bit integers. The images are normalized as the search did it:
(pixel / 255 − mean) / std, with data.mean and data.std of environment.json. The script prints the logits as one JSON
object, with the share of the images that are classified correctly if there are labels. On the validation images, it is
the `supernet_accuracy` of the epoch that the checkpoint was saved after.

The operation weights are softmax(α), as in the evaluation of every method but GDAS, which takes the strongest operation
alone, and DARTS−, which adds its skip connection until the last epoch. Channels pass by the candidates of PC-DARTS, and
candidates of P-DARTS and DOTS leave the search, which this script does not know; `lambda-darts export` writes the supernets
of PC-DARTS and P-DARTS. events.md, beside this script, describes the files; darts_supernet_in_pytorch.py does the same for
the spaces `darts` and `darts-none`.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def supernet(run):
    """Returns the supernet as a function from images to logits, and the configuration of the run."""
    config = json.loads(Path(run, "events.jsonl").open(encoding="utf-8").readline())["config"]
    tensors, n = load_file(Path(run, "checkpoint.safetensors")), config["supernet"]["cells"]

    def norm(x, name):
        mean, variance = tensors[f"{name}.running_mean"], tensors[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias"))

    def conv(x, name, stride=1):
        weight = tensors[f"{name}.weight"]
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[2] // 2)

    def relu_conv_norm(x, name, stride=1):
        return norm(conv(x.relu(), f"{name}.op.1", stride), f"{name}.op.2")

    def operations(x, name):  # none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3
        average = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        return [0 * x, x, relu_conv_norm(x, f"{name}.2"), relu_conv_norm(x, f"{name}.3"), average]

    def cell(x, name):
        nodes, weights = [x], iter(tensors["alphas_normal"].softmax(dim=1))
        for node in (1, 2, 3):
            edges = [operations(nodes[source], f"{name}.edges.{node}<-{source}") for source in range(node)]
            nodes.append(sum(p * y for edge in edges for p, y in zip(next(weights), edge)))
        return nodes[3]

    def reduction(x, name):
        halved = relu_conv_norm(relu_conv_norm(x, f"{name}.conv_a", stride=2), f"{name}.conv_b")
        return halved + conv(F.avg_pool2d(x, 2, ceil_mode=True), f"{name}.downsample.1")

    def network(images):
        x = norm(conv(images, "stem.0"), "stem.1")
        for block in range(3 * n + 2):
            x = (reduction if block in (n, 2 * n + 1) else cell)(x, f"cells.{block}")
        x = norm(x, "lastact.0").relu().mean(dim=(2, 3))
        return F.linear(x, tensors["classifier.weight"], tensors["classifier.bias"])

    return network, config


def main(rebuild, spaces):
    """Prints the logits of the images in a file; `rebuild` knows the spaces of these names."""
    if len(sys.argv) != 3:
        sys.exit(f"use: python3 {sys.argv[0]} RUN IMAGES.safetensors")
    network, config = rebuild(sys.argv[1])
    if config["space"] not in spaces:
        sys.exit(f"the run searches the space {config['space']}, and this script rebuilds {' and '.join(spaces)}")
    data = load_file(sys.argv[2])
    logits = torch.cat([network(images) for images in data["images"].split(256)])
    result = {"logits": logits.tolist()}
    if "labels" in data:
        result["accuracy"] = (logits.argmax(dim=1) == data["labels"]).double().mean().item()
    print(json.dumps(result))


if __name__ == "__main__":
    main(supernet, ["nas-bench-201"])
