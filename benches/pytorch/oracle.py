"""An independent PyTorch model of the Λ-DARTS search (Movahedi et al., ICLR 2023, arXiv:2210.07998), written from the
paper's formulas and sharing no code with the Rust library that it is held against.

It answers two questions about the Rust code: are its numbers right, and is it faster?
  python oracle.py golden OUT_DIR [--seed S] [--small]   cases with every input and every expected output
  python oracle.py time  [--space nb201|darts] [--channels C] [--cells L] [--size 32] [--batch 64]
                         [--regularizer none|cosine|sign] [--estimator central|frozen] [--steps 10] [--device cpu|cuda] [--threads 2]
  python oracle.py search --space nb201 ...    a whole search on the images in an .npz (x: [N,3,H,W] uint8, y: [N])

Tensors are NCHW float32 (float64 with --double). Nothing here is tuned: it is what a user of PyTorch would write.
"""
import argparse, json, math, time
from pathlib import Path
import torch
import torch.nn as nn
import torch.nn.functional as F

NB201 = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
DARTS = ["max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"]
S2 = ["skip_connect", "sep_conv_3x3"]
S3 = ["none", "skip_connect", "sep_conv_3x3"]
SKIP, MAX, AVG, SEP, DIL3, DIL5 = "skip_connect", "max_pool_3x3", "avg_pool_3x3", "sep_conv_3x3", "dil_conv_3x3", "dil_conv_5x5"
# The candidates of S1 differ from edge to edge: those of a normal cell, then those of a reduction cell.
S1 = ([[SKIP, DIL3], [SKIP, DIL5], [SKIP, DIL5], [SKIP, SEP], [SKIP, DIL3], [MAX, SKIP], [SKIP, SEP],
       [SKIP, SEP], [SKIP, DIL3], [SKIP, SEP], [MAX, SKIP], [SKIP, DIL3], [DIL3, DIL5], [DIL3, DIL5]],
      [[MAX, AVG], [MAX, DIL3], [MAX, AVG], [MAX, AVG], [SKIP, DIL5], [MAX, AVG], [MAX, SEP],
       [SKIP, DIL3], [SKIP, DIL5], [MAX, AVG], [MAX, AVG], [SKIP, DIL5], [SKIP, DIL5], [SKIP, DIL5]])


# ---------------------------------------------------------------- operations
class Branches:
    """Which way every ReLU and max pool went: recorded in one pass, replayed ("frozen") in others."""

    mode, taken, at = "free", [], 0

    @classmethod
    def set(cls, mode):
        cls.mode, cls.at = mode, 0
        if mode == "record":
            cls.taken = []

    @classmethod
    def next(cls):
        cls.at += 1
        return cls.taken[cls.at - 1]


def relu(x):
    if Branches.mode == "replay":
        return x * Branches.next()
    if Branches.mode == "record":
        Branches.taken.append((x > 0).to(x.dtype))
    return F.relu(x)


def max_pool(x, stride):
    if Branches.mode == "free":
        return F.max_pool2d(x, 3, stride, 1)
    if Branches.mode == "record":
        y, idx = F.max_pool2d(x, 3, stride, 1, return_indices=True)
        Branches.taken.append(idx)
        return y
    idx = Branches.next()
    return x.flatten(2).gather(2, idx.flatten(2)).view_as(idx)


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


class FactorizedReduce(nn.Module):
    """ReLU, two 1x1 stride-2 convolutions (the second shifted by one pixel), concatenation, batch norm."""

    def __init__(self, cin, cout, affine):
        super().__init__()
        self.a = nn.Conv2d(cin, cout // 2, 1, stride=2, bias=False)
        self.b = nn.Conv2d(cin, cout - cout // 2, 1, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(cout, affine=affine)

    def forward(self, x):
        x = relu(x)
        return self.bn(torch.cat([self.a(x), self.b(x[:, :, 1:, 1:])], 1))


def relu_conv_bn(cin, cout, k, stride, pad, affine):
    return nn.Sequential(ReLU(), nn.Conv2d(cin, cout, k, stride, pad, bias=False), nn.BatchNorm2d(cout, affine=affine))


def depthwise_separable(c, k, stride, pad, dilation, affine):
    return [ReLU(), nn.Conv2d(c, c, k, stride, pad, dilation, groups=c, bias=False),
            nn.Conv2d(c, c, 1, bias=False), nn.BatchNorm2d(c, affine=affine)]


def operation(name, c, stride, affine=False, pool_bn=True):
    if name == "none":
        return Zero(stride)
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(c, c, affine)
    if name.endswith("pool_3x3"):
        pool = MaxPool(stride) if name[0] == "m" else nn.AvgPool2d(3, stride, 1, count_include_pad=False)
        return nn.Sequential(pool, nn.BatchNorm2d(c, affine=False)) if pool_bn else pool
    k = int(name[-1])
    if name.startswith("sep_conv"):
        return nn.Sequential(*depthwise_separable(c, k, stride, k // 2, 1, affine), *depthwise_separable(c, k, 1, k // 2, 1, affine))
    if name.startswith("dil_conv"):
        return nn.Sequential(*depthwise_separable(c, k, stride, k - 1, 2, affine))
    if name.startswith("nor_conv"):
        return relu_conv_bn(c, c, k, stride, k // 2, affine)
    raise ValueError(name)


class Mixed(nn.Module):
    def __init__(self, names, c, stride, affine, pool_bn):
        super().__init__()
        self.ops = nn.ModuleList(operation(n, c, stride, affine, pool_bn) for n in names)

    def forward(self, x, p):
        return sum(w * op(x) for w, op in zip(p, self.ops))


# ---------------------------------------------------------------- supernets
class DartsCell(nn.Module):
    def __init__(self, names, cpp, cp, c, reduction, reduction_prev, nodes=4):
        super().__init__()
        self.nodes = nodes
        lists = names[reduction] if isinstance(names, tuple) else [names] * (nodes * (nodes + 3) // 2)
        self.pre0 = FactorizedReduce(cpp, c, False) if reduction_prev else relu_conv_bn(cpp, c, 1, 1, 0, False)
        self.pre1 = relu_conv_bn(cp, c, 1, 1, 0, False)
        self.edges = nn.ModuleList(
            Mixed(lists[i * (i + 3) // 2 + j], c, 2 if reduction and j < 2 else 1, False, True)
            for i in range(nodes) for j in range(2 + i))

    def forward(self, s0, s1, p):
        states, e = [self.pre0(s0), self.pre1(s1)], 0
        for i in range(self.nodes):
            states.append(sum(self.edges[e + j](h, p[e + j]) for j, h in enumerate(states)))
            e += 2 + i
        return torch.cat(states[-self.nodes:], 1)


class DartsSupernet(nn.Module):
    """Cells with two inputs, reductions at L//3 and 2L//3, two tables of architecture parameters."""

    def __init__(self, names, c=16, cells=8, classes=10, stem=3):
        super().__init__()
        cc = stem * c
        self.stem = nn.Sequential(nn.Conv2d(3, cc, 3, padding=1, bias=False), nn.BatchNorm2d(cc))
        cpp, cp, self.cells, self.kinds, prev = cc, cc, nn.ModuleList(), [], False
        for i in range(cells):
            red = i in (cells // 3, 2 * cells // 3)
            c = 2 * c if red else c
            self.cells.append(DartsCell(names, cpp, cp, c, red, prev))
            self.kinds.append(int(red))
            cpp, cp, prev = cp, 4 * c, red
        self.head = nn.Linear(cp, classes)
        self.tables = [(14, 2 if isinstance(names, tuple) else len(names))] * 2

    def forward(self, x, ps):
        s0 = s1 = self.stem(x)
        for cell, p in zip(self.cells, ps):
            s0, s1 = s1, cell(s0, s1, p)
        return self.head(s1.mean((2, 3)))


class Nb201Cell(nn.Module):
    def __init__(self, names, c):
        super().__init__()
        self.edges = nn.ModuleList(Mixed(names, c, 1, False, False) for i in range(1, 4) for j in range(i))

    def forward(self, x, p):
        states, e = [x], 0
        for i in range(1, 4):
            states.append(sum(self.edges[e + j](states[j], p[e + j]) for j in range(i)))
            e += i
        return states[-1]


class ResBlock(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.a, self.b = relu_conv_bn(cin, cout, 3, 2, 1, True), relu_conv_bn(cout, cout, 3, 1, 1, True)
        self.down = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(cin, cout, 1, bias=False))

    def forward(self, x):
        return self.down(x) + self.b(self.a(x))


class Nb201Supernet(nn.Module):
    """Three stages of `n` searched cells with a fixed residual reduction between them: 3n searched cells, one table."""

    def __init__(self, names=NB201, c=16, n=5, classes=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, c, 3, padding=1, bias=False), nn.BatchNorm2d(c))
        self.body, self.kinds = nn.ModuleList(), []
        for stage in range(3):
            if stage:
                self.body.append(ResBlock(c, 2 * c))
                c *= 2
            for _ in range(n):
                self.body.append(Nb201Cell(names, c))
                self.kinds.append(0)
        self.bn, self.head = nn.BatchNorm2d(c), nn.Linear(c, classes)
        self.tables = [(6, len(names))]

    def forward(self, x, ps):
        x, it = self.stem(x), iter(ps)
        for b in self.body:
            x = b(x, next(it)) if isinstance(b, Nb201Cell) else b(x)
        return self.head(relu(self.bn(x)).mean((2, 3)))


# ---------------------------------------------------------------- alignment
def pairs(gs, form):
    """Mean pairwise agreement of the cell gradients and its derivative with respect to each of them."""
    n = len(gs)
    w = 2.0 / (n * (n - 1))
    if form == "cosine":
        u = [g / g.norm() for g in gs]
        s = sum(u)
        value = w * sum((u[i] @ u[j]) for i in range(n) for j in range(i + 1, n))
        return value, [w * (s - ui * (ui @ s)) / g.norm() for ui, g in zip(u, gs)]
    value, delta = 0.0, [torch.zeros_like(g) for g in gs]
    for i in range(n):
        for j in range(n):
            if i != j:
                d, a = gs[i] @ gs[j], gs[i].abs() @ gs[j].abs()
                value = value + 0.5 * w * d / a
                delta[i] += w * (gs[j] - d / a * gs[i].sign() * gs[j].abs()) / a
    return value, delta


class Search:
    """One bilevel step at a time, as in design/method.md."""

    def __init__(self, net, form="cosine", strength=0.125, eps0=1e-4, lr=0.025, arch_lr=3e-4, order="arch-first", arch_wd=1e-3, estimator="central"):
        dev, dt = next(net.parameters()).device, next(net.parameters()).dtype
        self.net, self.form, self.strength, self.eps0, self.order, self.estimator = net, form, strength, eps0, order, estimator
        self.alpha = [(1e-3 * torch.randn(s, dtype=dt)).to(dev).requires_grad_() for s in net.tables]
        self.opt_w = torch.optim.SGD(net.parameters(), lr, momentum=0.9, weight_decay=3e-4)
        self.opt_a = torch.optim.Adam(self.alpha, arch_lr, betas=(0.5, 0.999), weight_decay=arch_wd)

    def copies(self, grad=True):
        """One leaf copy of softmax(alpha) per cell."""
        return [F.softmax(self.alpha[k].detach(), -1).clone().requires_grad_(grad) for k in self.net.kinds]

    def cell_gradients(self, ps, kind=0):
        return [p.grad.flatten() for p, k in zip(ps, self.net.kinds) if k == kind]

    def main_pass(self, x, y):
        """The weight pass: leaves gradients on the weights and on every cell's copy of p."""
        ps = self.copies()
        Branches.set("record" if self.estimator == "frozen" and self.form != "none" else "free")
        loss = F.cross_entropy(self.net(x, ps), y)
        Branches.set("free")
        loss.backward()
        return loss, ps

    def regularizer_grad(self, x, y, ps, form=None, eps0=None):
        """∂Λ/∂ω by central differences along the closed-form direction; cells of kind 0 only.
        Estimator "frozen" replays the branches that main_pass recorded, which makes it exact up to O(ε²)."""
        gs = self.cell_gradients(ps)
        value, delta = pairs(gs, form or self.form)
        norm = torch.cat(delta).norm()
        if norm == 0:
            return value, delta, 0.0, [torch.zeros_like(w) for w in self.net.parameters()]
        eps, it = float((eps0 or self.eps0) / norm), iter(delta)
        steps = [eps * next(it).view_as(p) if k == 0 else torch.zeros_like(p) for p, k in zip(ps, self.net.kinds)]
        half = []
        for sign in (1, -1):
            Branches.set("replay" if self.estimator == "frozen" else "free")
            loss = F.cross_entropy(self.net(x, [p.detach() + sign * s for p, s in zip(ps, steps)]), y)
            Branches.set("free")
            half.append(torch.autograd.grad(loss, list(self.net.parameters())))
        return value, delta, eps, [(a - b) / (2 * eps) for a, b in zip(*half)]

    def weight_step(self, x, y, strength=None):
        strength = self.strength if strength is None else strength
        self.opt_w.zero_grad(set_to_none=True)
        loss, ps = self.main_pass(x, y)
        value = None
        if self.form != "none":
            value, _, _, reg = self.regularizer_grad(x, y, ps)
            for w, r in zip(self.net.parameters(), reg):
                w.grad.sub_(strength * r)
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.opt_w.step()
        return loss, value

    def arch_step(self, x, y):
        self.opt_a.zero_grad(set_to_none=True)
        shared = [F.softmax(a, -1) for a in self.alpha]
        loss = F.cross_entropy(self.net(x, [shared[k] for k in self.net.kinds]), y)
        for a, g in zip(self.alpha, torch.autograd.grad(loss, self.alpha)):
            a.grad = g
        self.opt_a.step()
        return loss

    def step(self, train, valid, strength=None):
        if self.order == "arch-first":
            self.arch_step(*valid)
            return self.weight_step(*train, strength)
        out = self.weight_step(*train, strength)
        self.arch_step(*valid)
        return out


def nb201_name(alpha, names=NB201):
    picks, e, nodes = alpha.argmax(-1).tolist(), 0, []
    for i in range(1, 4):
        nodes.append("|" + "|".join(f"{names[picks[e + j]]}~{j}" for j in range(i)) + "|")
        e += i
    return "+".join(nodes)


def build(a):
    names = {"darts": DARTS, "s1": S1, "s2": S2, "s3": S3}.get(a.space, NB201)
    return Nb201Supernet(names, a.channels, a.cells, a.classes) if a.space == "nb201" else DartsSupernet(names, a.channels, a.cells, a.classes)


# ---------------------------------------------------------------- commands
def cmd_time(a):
    torch.set_num_threads(a.threads)
    net = build(a).to(a.device)
    s = Search(net, a.regularizer, estimator=a.estimator)
    x = torch.randn(a.batch, 3, a.size, a.size, device=a.device)
    y = torch.randint(0, a.classes, (a.batch,), device=a.device)
    sync = torch.cuda.synchronize if a.device == "cuda" else (lambda: None)
    times = []
    for i in range(a.steps + a.warmup):
        sync(); t = time.perf_counter()
        s.step((x, y), (x, y)); sync()
        if i >= a.warmup:
            times.append(time.perf_counter() - t)
    times.sort()
    peak = torch.cuda.max_memory_allocated() / 2**20 if a.device == "cuda" else None
    print(json.dumps({"ms_median": 1e3 * times[len(times) // 2], "ms_min": 1e3 * times[0], "ms_max": 1e3 * times[-1], "peak_mib": peak, **vars(a)}))


def reference_name(name):
    """The official reference's name of a weight or running statistic, which the Rust library uses too."""
    parts = name.split(".")
    if parts[0] == "head":
        return ".".join(["classifier", *parts[1:]])
    if parts[0] == "bn":
        return ".".join(["lastact.0", *parts[1:]])
    if parts[0] == "stem":
        return name
    halves = {"a": "conv_1", "b": "conv_2"}
    if parts[0] == "body":
        if parts[2] != "edges":
            block = {"a": "conv_a.op", "b": "conv_b.op", "down": "downsample"}[parts[2]]
            return ".".join(["cells", parts[1], block, *parts[3:]])
        to, start = [(to, e) for to, e in ((1, 0), (2, 1), (3, 3)) if e <= int(parts[3])][-1]
        return ".".join(["cells", parts[1], "edges", f"{to}<-{int(parts[3]) - start}", parts[5], "op", *parts[6:]])
    at, rest = (["cells", parts[1], parts[2].replace("pre", "preprocess")], parts[3:]) if parts[2] != "edges" else (
        ["cells", parts[1], "_ops", parts[3], "_ops", parts[5]], parts[6:])
    if rest[0] in halves or rest[0] == "bn":
        return ".".join([*at, halves.get(rest[0], "bn"), *rest[1:]])
    return ".".join([*at, *rest]) if rest[0] == "1" and "running" in rest[-1] else ".".join([*at, "op", *rest])


def cmd_golden(a):
    """Cases in the form of the official reference's numbers: NAME.safetensors and NAME.json, see tests/golden."""
    out = Path(a.out); out.mkdir(parents=True, exist_ok=True)
    torch.set_default_dtype(torch.float64)
    # NAS-Bench-201: cells a stage; the others: cells in all, of which two are reductions.
    channels, size, batch, lam = (2, 8, 4, 0.125) if a.small else (4, 16, 4, 0.125)
    cases = (("nb201", 1), ("s1", 5), ("s2", 4)) if a.small else (("nb201", 2), ("darts", 5), ("s1", 5), ("s2", 5), ("s3", 5))
    for space, cells in cases:
        torch.manual_seed(a.seed)
        net = build(argparse.Namespace(space=space, channels=channels, cells=cells, classes=10))
        s = Search(net, "cosine")
        for al in s.alpha:
            al.data.normal_(0, 0.5)
        x, y = torch.randn(batch, 3, size, size), torch.randint(0, 10, (batch,))
        # What is stored in float32 is what was computed with: round every input first.
        for v in [x, *s.alpha, *net.parameters()]:
            v.data = v.data.float().double()
        kinds = [""] if len(s.alpha) == 1 else ["_normal", "_reduce"]
        weights = [(reference_name(n), w) for n, w in net.named_parameters()]
        loss, ps = s.main_pass(x, y)
        running = {n: v.clone() for n, v in net.named_buffers() if not n.endswith("tracked")}
        net.eval()
        logits_eval = net(x, ps)
        net.train()
        base = {"x": x, "y": y, "logits": net(x, ps), "logits_eval": logits_eval}
        base.update({f"param/{n}": w for n, w in weights})
        base.update({f"grad/{n}": w.grad.clone() for n, w in weights})
        base.update({f"buffer/{reference_name(n)}": v for n, v in running.items()})
        for k, (kind, al) in enumerate(zip(kinds, s.alpha)):
            own = [p.grad for p, kk in zip(ps, net.kinds) if kk == k]
            base[f"alphas{kind}"], base[f"gw{kind}"] = al, torch.stack(own)
            base[f"grad_alphas{kind}"] = torch.autograd.grad(F.softmax(al, -1), al, sum(own))[0]
        scalars, forms = {"loss": float(loss.detach())}, {}
        for form, short in (("cosine", "corr"), ("sign", "signcorr")):
            s.estimator = "central"
            value, delta, _, central = s.regularizer_grad(x, y, ps, form, 1e-3)
            exact = exact_gradient(net, s, x, y, form)
            scalars[f"Lambda_{short}"] = float(value.detach())
            own = {"pert": torch.stack(delta)}
            own.update({f"reg_1e-03/{n}": -lam * r for (n, _), r in zip(weights, central)})
            own.update({f"reg_exact/{n}": -lam * r for (n, _), r in zip(weights, exact)})
            forms[short] = (own, {"Lambda": float(value.detach()), "lambda": lam})
        name, about = f"{space}_c{channels}l{cells}s{a.seed}", f"{space}, {cells} cells, {size}x{size}, batch {batch}"
        if space == "nb201":
            save_case(out, name, about, {**base, **forms["corr"][0]}, {**scalars, **forms["corr"][1]})
        else:
            save_case(out, f"search_{name}_base", about, base, scalars)
            for short, (own, own_scalars) in forms.items():
                save_case(out, f"search_{name}_{short}", about + ", regularizer", own, own_scalars)


def save_case(out, name, about, tensors, scalars):
    from safetensors.torch import save_file
    stored = {}
    for n, v in tensors.items():
        v = v.detach().contiguous()
        stored[n] = v.float() if v.is_floating_point() else v
        # Small results in full as well.
        if n.split("/")[0] not in ("x", "y", "param", "grad", "buffer", "reg_1e-03", "reg_exact"):
            stored[f"{n}@f64"] = v.clone()
    path = out / f"{name}.safetensors"
    save_file(stored, path)
    path.chmod(0o644)
    sidecar = {"about": about, "torch": torch.__version__, "scalars": scalars}
    path.with_suffix(".json").write_text(json.dumps(sidecar, indent=1) + "\n")
    print(name, "tensors", len(stored))


def exact_gradient(net, s, x, y, form):
    """∂Λ/∂ω by differentiating twice: what the finite difference approximates."""
    ps = s.copies()
    loss = F.cross_entropy(net(x, ps), y)
    kept = [p for p, k in zip(ps, net.kinds) if k == 0]
    gs = [g.flatten() for g in torch.autograd.grad(loss, kept, create_graph=True)]
    n = len(gs)
    w = 2.0 / (n * (n - 1))
    if form == "cosine":
        value = w * sum(F.cosine_similarity(gs[i], gs[j], 0) for i in range(n) for j in range(i + 1, n))
    else:
        value = w * sum((gs[i] @ gs[j]) / (gs[i].abs() @ gs[j].abs()) for i in range(n) for j in range(i + 1, n))
    grads = torch.autograd.grad(value, list(net.parameters()), allow_unused=True)
    return [g if g is not None else torch.zeros_like(p) for g, p in zip(grads, net.parameters())]


def cmd_search(a):
    import numpy as np
    torch.set_num_threads(a.threads)
    data = np.load(a.data)
    x = torch.from_numpy(data["x"]).float().div_(255)
    if a.size != x.shape[-1]:
        x = F.adaptive_avg_pool2d(x, a.size)
    x = (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True)
    y = torch.from_numpy(data["y"]).long()
    table = {}
    if a.table:
        for line in Path(a.table).read_text().splitlines()[1:]:
            f = line.split(",")
            table[f[1]] = f
    torch.manual_seed(a.seed)
    perm = torch.randperm(len(x))[: a.images]
    tr, va = perm[: len(perm) // 2], perm[len(perm) // 2:]
    net = build(a)
    s = Search(net, a.regularizer, lr=a.lr, arch_lr=a.arch_lr, order="weights-first" if a.space == "nb201" else "arch-first", eps0=a.eps0, estimator=a.estimator)
    steps = len(tr) // a.batch
    start = time.time()
    for epoch in range(a.epochs):
        for g in s.opt_w.param_groups:
            g["lr"] = 0.001 + 0.5 * (a.lr - 0.001) * (1 + math.cos(math.pi * epoch / a.epochs))
        strength = a.strength * epoch / max(1, a.epochs - 1)
        pt, pv = tr[torch.randperm(len(tr))], va[torch.randperm(len(va))]
        tot, al = 0.0, []
        for i in range(steps):
            bt, bv = pt[i * a.batch:(i + 1) * a.batch], pv[i * a.batch:(i + 1) * a.batch]
            loss, value = s.step((x[bt], y[bt]), (x[bv], y[bv]), strength)
            tot += float(loss.detach())
            if value is None:
                continue
            al.append(float(value.detach()))
        if a.regularizer == "none":
            ps = s.copies(); F.cross_entropy(net(x[bt], ps), y[bt]).backward()
            al = [float(pairs(s.cell_gradients(ps), "cosine")[0])]
        name = nb201_name(s.alpha[0]) if a.space == "nb201" else str(s.alpha[0].argmax(-1).tolist())
        ent = float(torch.distributions.Categorical(logits=s.alpha[0].detach()).entropy().mean() / math.log(s.alpha[0].shape[1]))
        acc = table.get(name, [""] * 8)
        print(f"{epoch:3d} {time.time() - start:6.0f}s loss {tot / steps:.3f} align {sum(al) / len(al):.3f} entropy {ent:.3f} c10 {acc[3]} {name}", flush=True)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    sub = p.add_subparsers(dest="cmd", required=True)
    g = sub.add_parser("golden"); g.add_argument("out"); g.add_argument("--seed", type=int, default=0)
    g.add_argument("--small", action="store_true", help="2 channels, 8x8 pixels, three spaces: the cases of tests/golden")
    for name in ("time", "search"):
        q = sub.add_parser(name)
        q.add_argument("--space", default="nb201"); q.add_argument("--channels", type=int, default=16); q.add_argument("--cells", type=int, default=5)
        q.add_argument("--classes", type=int, default=10); q.add_argument("--size", type=int, default=32); q.add_argument("--batch", type=int, default=64)
        q.add_argument("--regularizer", default="none"); q.add_argument("--estimator", default="central"); q.add_argument("--threads", type=int, default=2); q.add_argument("--device", default="cpu")
        if name == "time":
            q.add_argument("--steps", type=int, default=10); q.add_argument("--warmup", type=int, default=2)
        else:
            q.add_argument("--data", required=True); q.add_argument("--table"); q.add_argument("--epochs", type=int, default=50)
            q.add_argument("--images", type=int, default=4000); q.add_argument("--seed", type=int, default=0); q.add_argument("--strength", type=float, default=0.25)
            q.add_argument("--lr", type=float, default=0.025); q.add_argument("--arch-lr", type=float, default=1e-4); q.add_argument("--eps0", type=float, default=1e-4)
    a = p.parse_args()
    {"golden": cmd_golden, "time": cmd_time, "search": cmd_search}[a.cmd](a)
