"""The search of Λ-DARTS (Movahedi et al., ICLR 2023, arXiv:2210.07998) as a user of PyTorch would write it: supernets,
Λ and Λ±, the regularizer, one bilevel step, the derived network. It needs PyTorch and nothing else, and is tuned in no way.

  python model.py time --space darts --channels 16 --cells 8 --batch 16 --regularizer cosine --estimator frozen

times whole steps (architecture and weights) on random images and prints one JSON object. Tensors are NCHW float32.
"""

import argparse
import json
import statistics
import sys
import time
from contextlib import contextmanager
from functools import reduce

import torch
import torch.nn as nn
import torch.nn.functional as F

NB201 = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
DARTS = ["max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"]
S2 = ["skip_connect", "sep_conv_3x3"]
S3 = ["none", "skip_connect", "sep_conv_3x3"]
S4 = ["noise", "sep_conv_3x3"]
SKIP, MAX, AVG, SEP = "skip_connect", "max_pool_3x3", "avg_pool_3x3", "sep_conv_3x3"
DIL3, DIL5 = "dil_conv_3x3", "dil_conv_5x5"
# The candidates of S1 differ from edge to edge: those of a normal cell, then those of a reduction cell.
S1 = (
    [[SKIP, DIL3], [SKIP, DIL5], [SKIP, DIL5], [SKIP, SEP], [SKIP, DIL3], [MAX, SKIP], [SKIP, SEP],
     [SKIP, SEP], [SKIP, DIL3], [SKIP, SEP], [MAX, SKIP], [SKIP, DIL3], [DIL3, DIL5], [DIL3, DIL5]],
    [[MAX, AVG], [MAX, DIL3], [MAX, AVG], [MAX, AVG], [SKIP, DIL5], [MAX, AVG], [MAX, SEP],
     [SKIP, DIL3], [SKIP, DIL5], [MAX, AVG], [MAX, AVG], [SKIP, DIL5], [SKIP, DIL5], [SKIP, DIL5]],
)
SPACES = {"nb201": NB201, "darts": DARTS, "s1": S1, "s2": S2, "s3": S3, "s4": S4}


# ---------------------------------------------------------------- activation pattern
class ActivationPattern:
    """Activation pattern of every ReLU and max pool: computed (free), computed and kept (record), or the one that was
    kept (replay). The passes of the frozen estimator replay those of the main pass."""

    def __init__(self):
        self.mode, self.noted, self.place = "free", [], 0

    @contextmanager
    def during(self, mode):
        self.mode, self.place = mode, 0
        if mode == "record":
            self.noted = []
        try:
            yield
        finally:
            self.mode = "free"

    def next(self):
        self.place += 1
        return self.noted[self.place - 1]


PATTERN = ActivationPattern()


def relu(x):
    if PATTERN.mode == "replay":
        return x * PATTERN.next()
    if PATTERN.mode == "record":
        PATTERN.noted.append((x > 0).to(x.dtype))
    return F.relu(x)


def max_pool(x, stride):
    if PATTERN.mode == "free":
        return F.max_pool2d(x, 3, stride, 1)
    if PATTERN.mode == "record":
        y, winners = F.max_pool2d(x, 3, stride, 1, return_indices=True)
        PATTERN.noted.append(winners)
        return y
    winners = PATTERN.next()
    return x.flatten(2).gather(2, winners.flatten(2)).view_as(winners)


# ---------------------------------------------------------------- operations
class ReLU(nn.Module):
    def forward(self, x):
        return relu(x)


class MaxPool(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return max_pool(x, self.stride)


class Zero(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return x[:, :, :: self.stride, :: self.stride] * 0.0


class Noise(nn.Module):
    """Standard normal noise in place of the input. It is drawn once and stays until `drawn` is cleared, so that all
    passes of a step see the same."""

    def __init__(self, stride):
        super().__init__()
        self.stride, self.drawn = stride, None

    def forward(self, x):
        shape = x[:, :, :: self.stride, :: self.stride].shape
        if self.drawn is None or self.drawn.shape != shape:
            # In single precision, which is what golden cases store.
            self.drawn = torch.randn(shape, dtype=torch.float32, device=x.device).to(x.dtype)
        return self.drawn


class FactorizedReduce(nn.Module):
    """ReLU, two pointwise convolutions of stride 2, the second of them one pixel further on, batch norm."""

    def __init__(self, inputs, outputs, affine=False):
        super().__init__()
        self.a = nn.Conv2d(inputs, outputs // 2, 1, stride=2, bias=False)
        self.b = nn.Conv2d(inputs, outputs - outputs // 2, 1, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, affine=affine)

    def forward(self, x):
        x = relu(x)
        return self.bn(torch.cat([self.a(x), self.b(x[:, :, 1:, 1:])], 1))


def relu_conv_bn(inputs, outputs, kernel, stride, affine=False):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(ReLU(), conv, nn.BatchNorm2d(outputs, affine=affine))


def separable(c, kernel, stride, dilation, affine):
    padding = dilation * (kernel - 1) // 2
    depthwise = nn.Conv2d(c, c, kernel, stride, padding, dilation, groups=c, bias=False)
    return [ReLU(), depthwise, nn.Conv2d(c, c, 1, bias=False), nn.BatchNorm2d(c, affine=affine)]


def operation(name, c, stride, pool_bn, affine=False):
    """A candidate. The pools of DARTS have a batch norm after them, those of NAS-Bench-201 and of derived networks do
    not."""
    if name == "none":
        return Zero(stride)
    if name == "noise":
        return Noise(stride)
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(c, c, affine)
    if name == "conv_7x1_1x7":
        across = nn.Conv2d(c, c, (1, 7), (1, stride), (0, 3), bias=False)
        down = nn.Conv2d(c, c, (7, 1), (stride, 1), (3, 0), bias=False)
        return nn.Sequential(ReLU(), across, down, nn.BatchNorm2d(c, affine=affine))
    if name.endswith("pool_3x3"):
        pool = MaxPool(stride) if name[0] == "m" else nn.AvgPool2d(3, stride, 1, count_include_pad=False)
        return nn.Sequential(pool, nn.BatchNorm2d(c, affine=False)) if pool_bn else pool
    kernel = int(name[-1])
    if name.startswith("sep_conv"):
        return nn.Sequential(*separable(c, kernel, stride, 1, affine), *separable(c, kernel, 1, 1, affine))
    if name.startswith("dil_conv"):
        return nn.Sequential(*separable(c, kernel, stride, 2, affine))
    if name.startswith("nor_conv"):
        return relu_conv_bn(c, c, kernel, stride, affine)
    raise ValueError(f"unknown operation {name}")


class Mixed(nn.Module):
    """An edge: all candidates, weighted."""

    def __init__(self, names, c, stride, pool_bn):
        super().__init__()
        self.ops = nn.ModuleList(operation(name, c, stride, pool_bn) for name in names)

    def forward(self, x, p):
        return sum(weight * op(x) for weight, op in zip(p, self.ops))


# ---------------------------------------------------------------- supernets
class DartsCell(nn.Module):
    """Two inputs and four nodes, each the sum over edges from all states before it; all nodes make the output."""

    NODES = 4

    def __init__(self, names, before_last, last, c, reduction, last_reduced, edge=Mixed):
        super().__init__()
        self.pre0 = FactorizedReduce(before_last, c) if last_reduced else relu_conv_bn(before_last, c, 1, 1)
        self.pre1 = relu_conv_bn(last, c, 1, 1)
        ends = [(i, j) for i in range(self.NODES) for j in range(2 + i)]
        own = names[reduction] if isinstance(names, tuple) else [names] * len(ends)
        self.edges = nn.ModuleList(
            edge(candidates, c, 2 if reduction and j < 2 else 1, True) for candidates, (_, j) in zip(own, ends))

    def forward(self, s0, s1, p):
        states, edge = [self.pre0(s0), self.pre1(s1)], 0
        for _ in range(self.NODES):
            states.append(sum(self.edges[edge + j](state, p[edge + j]) for j, state in enumerate(states)))
            edge += len(states) - 1
        return torch.cat(states[2:], 1)


class DartsSupernet(nn.Module):
    """A stack of cells; those at a third and two thirds of it reduce, and have architecture parameters of their own."""

    def __init__(self, names, c=16, cells=8, classes=10, stem_multiplier=3, edge=Mixed):
        super().__init__()
        before_last = last = stem_multiplier * c
        self.stem = nn.Sequential(nn.Conv2d(3, last, 3, padding=1, bias=False), nn.BatchNorm2d(last))
        self.cells, self.kinds, last_reduced = nn.ModuleList(), [], False
        for i in range(cells):
            reduction = i in (cells // 3, 2 * cells // 3)
            c = 2 * c if reduction else c
            self.cells.append(DartsCell(names, before_last, last, c, reduction, last_reduced, edge))
            self.kinds.append(int(reduction))
            before_last, last, last_reduced = last, 4 * c, reduction
        self.head = nn.Linear(last, classes)
        self.tables = [(14, 2 if isinstance(names, tuple) else len(names))] * 2

    def forward(self, x, ps):
        s0 = s1 = self.stem(x)
        for cell, p in zip(self.cells, ps):
            s0, s1 = s1, cell(s0, s1, p)
        return self.head(s1.mean((2, 3)))


class Nb201Cell(nn.Module):
    """One input and three nodes, each the sum over edges from all states before it; the last one is the output."""

    def __init__(self, names, c, edge=Mixed):
        super().__init__()
        self.edges = nn.ModuleList(edge(names, c, 1, False) for i in range(1, 4) for _ in range(i))

    def forward(self, x, p):
        states, edge = [x], 0
        for _ in range(3):
            states.append(sum(self.edges[edge + j](state, p[edge + j]) for j, state in enumerate(states)))
            edge += len(states) - 1
        return states[-1]


class ResBlock(nn.Module):
    """What reduces in NAS-Bench-201: it is not searched."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.a, self.b = relu_conv_bn(inputs, outputs, 3, 2, True), relu_conv_bn(outputs, outputs, 3, 1, True)
        self.down = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x):
        return self.down(x) + self.b(self.a(x))


class Nb201Supernet(nn.Module):
    """Three stages of `n` searched cells, which share one table of architecture parameters, and reductions between."""

    def __init__(self, names=NB201, c=16, n=5, classes=10, edge=Mixed):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, c, 3, padding=1, bias=False), nn.BatchNorm2d(c))
        self.body, self.kinds = nn.ModuleList(), []
        for stage in range(3):
            if stage:
                self.body.append(ResBlock(c, 2 * c))
                c *= 2
            for _ in range(n):
                self.body.append(Nb201Cell(names, c, edge))
                self.kinds.append(0)
        self.bn, self.head = nn.BatchNorm2d(c), nn.Linear(c, classes)
        self.tables = [(6, len(names))]

    def forward(self, x, ps):
        x, own = self.stem(x), iter(ps)
        for block in self.body:
            x = block(x, next(own)) if isinstance(block, Nb201Cell) else block(x)
        return self.head(relu(self.bn(x)).mean((2, 3)))


def build(space, channels, cells, classes=10, edge=Mixed):
    supernet = Nb201Supernet if space == "nb201" else DartsSupernet
    return supernet(SPACES[space], channels, cells, classes, edge=edge)


# ---------------------------------------------------------------- derived networks
def drop_path(x, probability):
    """Zeros for some images, drawn with `probability`; the others are scaled up, so that the mean stays. In place, as
    in the reference."""
    kept = 1.0 - probability
    return x.div_(kept).mul_(torch.empty(len(x), 1, 1, 1, dtype=x.dtype, device=x.device).bernoulli_(kept))


class DerivedCell(nn.Module):
    """One operation on every edge that was kept: `nodes` has the (operation, state read) of every node. In training,
    the output of every operation but the identity is dropped with probability `drop_path`."""

    drop_path = 0.0

    def __init__(self, nodes, outputs, inputs, c, reduction):
        super().__init__()
        self.nodes, self.outputs = nodes, outputs
        self.edges = nn.ModuleList(
            operation(name, c, 2 if reduction and j < inputs else 1, False, True) for node in nodes for name, j in node)

    def forward(self, *states):
        states, own = list(states), iter(self.edges)
        for node in self.nodes:
            # sum() would add each node to 0 first, which takes another kernel.
            states.append(reduce(torch.add, [self.edge(next(own), states[j]) for _, j in node]))
        return torch.cat([states[i] for i in self.outputs], 1)

    def edge(self, op, x):
        y = op(x)
        drops = self.training and self.drop_path > 0 and not isinstance(op, nn.Identity)
        return drop_path(y, self.drop_path) if drops else y


class AuxiliaryHead(nn.Module):
    """DARTS's second classifier, which only training has. It reads states of 8x8 pixels."""

    def __init__(self, inputs, classes):
        super().__init__()
        self.features = nn.Sequential(
            ReLU(), nn.AvgPool2d(5, 3, 0, count_include_pad=False), nn.Conv2d(inputs, 128, 1, bias=False),
            nn.BatchNorm2d(128), ReLU(), nn.Conv2d(128, 768, 2, bias=False), nn.BatchNorm2d(768), ReLU())
        self.classifier = nn.Linear(768, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class DerivedDarts(nn.Module):
    """`genotype` has (nodes, outputs) of the normal and of the reduction cell. With `auxiliary`, the cell at two thirds
    feeds a second classifier, and a training pass gives the logits of both."""

    def __init__(self, genotype, c, cells, classes=10, auxiliary=False):
        super().__init__()
        before_last = last = 3 * c
        self.stem = nn.Sequential(nn.Conv2d(3, last, 3, padding=1, bias=False), nn.BatchNorm2d(last))
        self.cells, last_reduced = nn.ModuleList(), False
        for i in range(cells):
            reduction = i in (cells // 3, 2 * cells // 3)
            c = 2 * c if reduction else c
            nodes, outputs = genotype[reduction]
            cell = DerivedCell(nodes, outputs, 2, c, reduction)
            if last_reduced:
                cell.pre0 = FactorizedReduce(before_last, c, True)
            else:
                cell.pre0 = relu_conv_bn(before_last, c, 1, 1, True)
            cell.pre1 = relu_conv_bn(last, c, 1, 1, True)
            self.cells.append(cell)
            before_last, last, last_reduced = last, len(outputs) * c, reduction
            if auxiliary and i == 2 * cells // 3:
                self.auxiliary_head = AuxiliaryHead(last, classes)
        self.head = nn.Linear(last, classes)

    def forward(self, x):
        s0 = s1 = self.stem(x)
        beside = None
        for i, cell in enumerate(self.cells):
            s0, s1 = s1, cell(cell.pre0(s0), cell.pre1(s1))
            if self.training and hasattr(self, "auxiliary_head") and i == 2 * len(self.cells) // 3:
                beside = self.auxiliary_head(s1)
        logits = self.head(s1.mean((2, 3)))
        return logits if beside is None else (logits, beside)


def nb201_nodes(text):
    """The nodes of a cell in NAS-Bench-201's notation."""
    return [[(name, int(j)) for name, j in (read.split("~") for read in node.strip("|").split("|"))]
            for node in text.split("+")]


class DerivedNb201(nn.Module):
    def __init__(self, nodes, c, n, classes=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, c, 3, padding=1, bias=False), nn.BatchNorm2d(c))
        self.body = nn.ModuleList()
        for stage in range(3):
            if stage:
                self.body.append(ResBlock(c, 2 * c))
                c *= 2
            self.body.extend(DerivedCell(nodes, [len(nodes)], 1, c, False) for _ in range(n))
        self.bn, self.head = nn.BatchNorm2d(c), nn.Linear(c, classes)

    def forward(self, x):
        x = self.stem(x)
        for block in self.body:
            x = block(x)
        return self.head(relu(self.bn(x)).mean((2, 3)))


# ---------------------------------------------------------------- alignment
def pairs(gradients, form):
    """The mean pairwise agreement of the cell gradients, and its derivative with respect to each of them."""
    n = len(gradients)
    share = 2.0 / (n * (n - 1))
    if form == "cosine":
        units = [g / g.norm() for g in gradients]
        total = sum(units)
        value = share * sum(units[i] @ units[j] for i in range(n) for j in range(i + 1, n))
        return value, [share * (total - u * (u @ total)) / g.norm() for u, g in zip(units, gradients)]
    value, delta = 0.0, [torch.zeros_like(g) for g in gradients]
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            one, other = gradients[i], gradients[j]
            product, size = one @ other, one.abs() @ other.abs()
            value = value + 0.5 * share * product / size
            delta[i] += share * (other - product / size * one.sign() * other.abs()) / size
    return value, delta


# ---------------------------------------------------------------- search
class Search:
    """One bilevel step at a time, first order. `form` is that of the regularizer: none, cosine or sign."""

    def __init__(self, net, form="cosine", lam=0.125, eps0=1e-4, lr=0.025, arch_lr=3e-4, order="arch-first",
                 arch_wd=1e-3, estimator="central"):
        like = next(net.parameters())
        self.net, self.form, self.lam, self.eps0 = net, form, lam, eps0
        self.order, self.estimator = order, estimator
        alpha = [1e-3 * torch.randn(size, dtype=like.dtype) for size in net.tables]
        self.alpha = [table.to(like.device).requires_grad_() for table in alpha]
        self.opt_w = torch.optim.SGD(net.parameters(), lr, momentum=0.9, weight_decay=3e-4)
        self.opt_a = torch.optim.Adam(self.alpha, arch_lr, betas=(0.5, 0.999), weight_decay=arch_wd)

    def copies(self):
        """softmax(α) as a leaf of its own for every cell, which gives the cell gradients g_l."""
        return [F.softmax(self.alpha[kind].detach(), -1).clone().requires_grad_() for kind in self.net.kinds]

    def cell_gradients(self, ps, kind=0):
        return [p.grad.flatten() for p, own in zip(ps, self.net.kinds) if own == kind]

    def main_pass(self, x, y):
        """The weight pass: leaves gradients on the weights and on every cell's copy of p."""
        ps = self.copies()
        frozen = self.estimator == "frozen" and self.form != "none"
        with PATTERN.during("record" if frozen else "free"):
            loss = F.cross_entropy(self.net(x, ps), y)
        loss.backward()
        return loss, ps

    def regularizer_grad(self, x, y, ps, form=None, eps0=None):
        """∂Λ/∂ω by a two-sided difference along the directions of the cells of type 0.

        The paper's passes (central) compute patterns of their own; those of `frozen` hold the main pass's, which makes the
        difference exact up to O(ε²)."""
        value, delta = pairs(self.cell_gradients(ps), form or self.form)
        weights = list(self.net.parameters())
        norm = torch.cat(delta).norm()
        if norm == 0:
            return value, delta, 0.0, [torch.zeros_like(w) for w in weights]
        eps, own = float((eps0 or self.eps0) / norm), iter(delta)
        steps = [eps * next(own).view_as(p) if kind == 0 else torch.zeros_like(p)
                 for p, kind in zip(ps, self.net.kinds)]
        sides = []
        for sign in (1, -1):
            with PATTERN.during("replay" if self.estimator == "frozen" else "free"):
                moved = [p.detach() + sign * step for p, step in zip(ps, steps)]
                loss = F.cross_entropy(self.net(x, moved), y)
            sides.append(torch.autograd.grad(loss, weights))
        return value, delta, eps, [(plus - minus) / (2 * eps) for plus, minus in zip(*sides)]

    def weight_step(self, x, y, lam=None):
        lam = self.lam if lam is None else lam
        self.opt_w.zero_grad(set_to_none=True)
        loss, ps = self.main_pass(x, y)
        value = None
        if self.form != "none":
            value, _, _, regularizer = self.regularizer_grad(x, y, ps)
            for w, r in zip(self.net.parameters(), regularizer):
                w.grad.sub_(lam * r)
        # What it was before it was clipped.
        self.gradient_norm = nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.opt_w.step()
        return loss, value

    def arch_step(self, x, y):
        self.opt_a.zero_grad(set_to_none=True)
        loss = self.shared_loss(x, y)
        for a, g in zip(self.alpha, torch.autograd.grad(loss, self.alpha)):
            a.grad = g
        self.opt_a.step()
        return loss

    def unrolled_gradient(self, train, valid):
        """The second-order gradient for α of DARTS: that of the validation loss one weight step ahead, the derivative
        of that step by a two-sided difference. No weight changes."""
        weights, group = list(self.net.parameters()), self.opt_w.param_groups[0]
        gradients = torch.autograd.grad(self.shared_loss(*train), weights)
        ahead = []
        for w, g in zip(weights, gradients):
            momentum = self.opt_w.state.get(w, {}).get("momentum_buffer")
            momentum = 0.0 if momentum is None else group["momentum"] * momentum
            ahead.append(w - group["lr"] * (momentum + g + group["weight_decay"] * w))
        with self.moved_to(ahead):
            found = torch.autograd.grad(self.shared_loss(*valid), [*self.alpha, *weights])
        first, v = found[:len(self.alpha)], found[len(self.alpha):]
        r, sides = 0.01 / torch.cat([g.flatten() for g in v]).norm(), []
        for sign in (1, -1):
            with self.moved_to([w + sign * r * g for w, g in zip(weights, v)]):
                sides.append(torch.autograd.grad(self.shared_loss(*train), self.alpha))
        return [g - group["lr"] * (plus - minus) / (2 * r) for g, plus, minus in zip(first, *sides)]

    def shared_loss(self, x, y):
        """The loss as a function of α."""
        shared = [F.softmax(a, -1) for a in self.alpha]
        return F.cross_entropy(self.net(x, [shared[kind] for kind in self.net.kinds]), y)

    @contextmanager
    def moved_to(self, values):
        weights = list(self.net.parameters())
        before = [w.data for w in weights]
        for w, value in zip(weights, values):
            w.data = value.detach()
        try:
            yield
        finally:
            for w, value in zip(weights, before):
                w.data = value

    def step(self, train, valid, lam=None):
        for module in self.net.modules():
            if isinstance(module, Noise):
                module.drawn = None
        if self.order == "arch-first":
            self.arch_step(*valid)
            return self.weight_step(*train, lam)
        done = self.weight_step(*train, lam)
        self.arch_step(*valid)
        return done


# ---------------------------------------------------------------- measuring
def work(net, size, *more):
    """Multiply-accumulates of an image's forward pass, and the bytes of activations that it reads and writes when every
    layer is a kernel of its own: convolutions, batch norms, ReLUs and pools each read one tensor and write one; an edge
    reads its candidates' and writes their sum. The network is called with images and `more`."""
    device, macs, numbers, images = next(net.parameters()).device, 0, 0, 2

    def layer(module, inputs, output):
        nonlocal macs, numbers
        if isinstance(module, nn.Conv2d):
            macs += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            macs += output.numel() * module.in_features
        if isinstance(module, Mixed):
            numbers += output.numel() * (len(module.ops) + 1)
        elif isinstance(module, (nn.Conv2d, nn.BatchNorm2d, ReLU, MaxPool, nn.AvgPool2d)):
            numbers += inputs[0].numel() + output.numel()

    hooks = [module.register_forward_hook(layer) for module in net.modules()]
    with torch.no_grad():
        net(torch.randn(images, 3, size, size, device=device), *more)
    for hook in hooks:
        hook.remove()
    return {"macs_per_image": macs // images, "bytes_per_image": 4 * numbers // images}


def peak_rss_mib():
    """The most memory that this process has held. Linux counts what it was started from among its usage, but not in
    its status."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        import resource

        # Bytes on macOS, KiB elsewhere.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def set_up(a):
    """The device, as a user names it, with the threads and the seed of a measurement."""
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    return ("cuda" if torch.cuda.is_available() else "cpu") if a.device == "auto" else a.device


def random_batch(a, device):
    return torch.randn(a.batch, 3, a.size, a.size, device=device), torch.randint(0, a.classes, (a.batch,), device=device)


def timed(a, net, step, imported):
    """Times `step`, and says what it took. `imported` is the memory that PyTorch had taken before."""
    on_gpu = next(net.parameters()).is_cuda
    ms = []
    for i in range(a.warmup + a.steps):
        if on_gpu:
            torch.cuda.synchronize()
        began = time.perf_counter()
        step()
        if on_gpu:
            torch.cuda.synchronize()
        if i >= a.warmup:
            ms.append(1e3 * (time.perf_counter() - began))
    return {
        "device": torch.cuda.get_device_name() if on_gpu else "CPU",
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "weights": sum(w.numel() for w in net.parameters()),
        "ms_median": statistics.median(ms),
        "ms_mean": statistics.fmean(ms),
        "ms_min": min(ms),
        "ms_max": max(ms),
        "images_per_second": 1e3 * a.batch / statistics.median(ms),
        "peak_rss_mib": peak_rss_mib(),
        # PyTorch itself is a part of the former.
        "imported_rss_mib": imported,
        "peak_cuda_mib": torch.cuda.max_memory_allocated() / 2**20 if on_gpu else None,
    }


def time_steps(a):
    device, imported = set_up(a), peak_rss_mib()
    net = build(a.space, a.channels, a.cells, a.classes).to(device)
    order = "weights-first" if a.space == "nb201" else "arch-first"
    search = Search(net, a.regularizer, estimator=a.estimator, order=order)
    batches = [random_batch(a, device) for _ in range(2)]
    result = timed(a, net, lambda: search.step(*batches), imported)
    ps = [torch.full(net.tables[kind], 0.5, device=device) for kind in net.kinds]
    return {**result, **work(net, a.size, ps)}


def add_measurement(parser):
    """The options that every measurement has."""
    parser.add_argument("--classes", type=int, default=10, help="classes to tell apart")
    parser.add_argument("--size", type=int, default=32, help="pixels of an image's side")
    parser.add_argument("--batch", type=int, default=64, help="images in a batch")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="cpu", help="auto: cuda where it is")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU; 0 leaves it to PyTorch")
    parser.add_argument("--steps", type=int, default=10, help="steps that are timed")
    parser.add_argument("--warmup", type=int, default=2, help="steps before them")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    timing = commands.add_parser("time", help="time steps on random images",
                                 formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    timing.add_argument("--space", choices=SPACES, default="nb201", help="the search space")
    timing.add_argument("--channels", type=int, default=16, help="channels of the first cells")
    timing.add_argument("--cells", type=int, default=5, help="cells; for nb201 in each of the three stages")
    timing.add_argument("--regularizer", choices=["none", "cosine", "sign"], default="none", help="none is DARTS")
    timing.add_argument("--estimator", choices=["central", "frozen"], default="central", help="of the regularizer")
    add_measurement(timing)
    print(json.dumps(time_steps(parser.parse_args())))


if __name__ == "__main__":
    main()
