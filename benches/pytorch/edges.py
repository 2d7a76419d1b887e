"""Edges of supernets in other forms: candidates that read a part of the channels, and dropout of skip connections."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from draws import MASK, Stream, WORD
from model import Mixed


def shuffled(x, groups):
    """The first channels of all groups, then the second ones, and so on."""
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


class PartialMixed(Mixed):
    """An edge whose candidates read the first 1/k of the channels. The others pass by with the sum of the weights."""

    def __init__(self, names, c, stride, pool_bn, k):
        super().__init__(names, c // k, stride, pool_bn)
        self.read, self.stride, self.k = c // k, stride, k

    def forward(self, x, p):
        rest = x[:, self.read:]
        rest = rest if self.stride == 1 else F.max_pool2d(rest, 2, 2)
        return shuffled(torch.cat([super().forward(x[:, : self.read], p), p.sum() * rest], 1), self.k)


def mixed(bits):
    """lowbias32 of hash-prospector (C. Wellons), a permutation of 32 bits."""
    bits = (bits ^ bits >> 16) * 0x7FEB352D & WORD
    bits = (bits ^ bits >> 15) * 0x846CA68B & WORD
    return bits ^ bits >> 16


class Dropout(nn.Module):
    """A skip connection of which numbers are dropped by two keys and their place."""

    keys, rate = (0, 0), 0.0

    def forward(self, x):
        if self.rate == 0:
            return x
        # Factors are in single precision.
        keep, kept = torch.tensor([1 - self.rate, 1 / (1 - self.rate)], dtype=torch.float32).tolist()
        first, second = self.keys
        drawn = [(mixed((mixed(place ^ first) + second) & WORD) >> 8) / 2**24 for place in range(x.numel())]
        return x * torch.tensor([kept if u < keep else 0.0 for u in drawn], dtype=x.dtype).view_as(x)


def behind_dropout(net):
    """Puts the skip connections of a supernet that are the identity behind dropout, and returns them."""
    found = []
    for edge in net.modules():
        for k, op in enumerate(edge.ops if isinstance(edge, Mixed) else []):
            if isinstance(op, nn.Identity):
                edge.ops[k] = Dropout()
                found.append(edge.ops[k])
    return found


def draw_masks(skips, seed, number, rate):
    """Masks of a batch; every batch of a search has a number."""
    for slot, skip in enumerate(skips):
        random = Stream(seed, MASK, number << 24 | slot)
        skip.keys, skip.rate = (random.word(), random.word()), rate
