"""Golden numbers for the tests of the Rust library: cases with every input and every expected output. oracle.py is the
command that makes them.

Inputs are rounded to single precision first, everything is computed in float64, and results are stored in single
precision; small results, in full as well."""
import json
import re
from pathlib import Path

import torch
import torch.nn.functional as F
from model import (NB201, SPACES, AuxiliaryHead, DerivedDarts, DerivedNb201, Noise, ResBlock, Search, build,
                   nb201_nodes, operation, pairs)

LAMBDA = 0.125
# How far the regularizer's two passes are apart in steps.
EPSILON = 1e-3
# What files call the space of DARTS.
FILES = {"darts": "s5"}


# ---------------------------------------------------------------- names
def reference_name(name):
    """The official reference's name of a weight, running statistic or noise, which the Rust library uses too."""
    parts = name.split(".")
    if parts[0] in ("stem", "auxiliary_head"):
        return name
    if parts[0] == "head":
        return ".".join(["classifier", *parts[1:]])
    if parts[0] == "bn":
        return ".".join(["lastact.0", *parts[1:]])
    halves = {"a": "conv_1", "b": "conv_2"}
    if parts[0] == "body":
        if parts[2] != "edges":
            return ".".join(["cells", parts[1], block_name(parts[2:])])
        if parts[4] != "ops":
            return ".".join(["cells", parts[1], "layers", parts[3], "op", *parts[4:]])
        to, start = [(to, e) for to, e in ((1, 0), (2, 1), (3, 3)) if e <= int(parts[3])][-1]
        return ".".join(["cells", parts[1], "edges", f"{to}<-{int(parts[3]) - start}", parts[5], "op", *parts[6:]])
    if parts[2] != "edges":
        at, rest = ["cells", parts[1], parts[2].replace("pre", "preprocess")], parts[3:]
    elif parts[4:5] == ["ops"]:
        at, rest = ["cells", parts[1], "_ops", parts[3], "_ops", parts[5]], parts[6:]
    else:
        at, rest = ["cells", parts[1], "_ops", parts[3]], parts[4:]
    if not rest:
        return ".".join(at)
    if rest[0] in halves or rest[0] == "bn":
        return ".".join([*at, halves.get(rest[0], "bn"), *rest[1:]])
    return ".".join([*at, *rest]) if rest[0] == "1" and "running" in rest[-1] else ".".join([*at, "op", *rest])


def block_name(parts):
    """The same within NAS-Bench-201's residual block."""
    return ".".join([{"a": "conv_a.op", "b": "conv_b.op", "down": "downsample"}[parts[0]], *parts[1:]])


def operation_name(op, part, nb201):
    """The same within one operation."""
    first, *rest = part.split(".")
    if first in ("a", "b"):
        halves = {"a": "convs.0", "b": "convs.1"} if nb201 else {"a": "conv_1", "b": "conv_2"}
        return ".".join([halves[first], *rest])
    return part if first == "bn" or "pool" in op or op == "conv_7x1_1x7" else f"op.{part}"


# ---------------------------------------------------------------- parts of a case
def start(out, seed):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    return out


def rounded(*values):
    """What is stored in float32 is what is computed with."""
    for v in values:
        v.data = v.data.float().double()


def named(net, name=reference_name):
    return {name(n): w for n, w in net.named_parameters()}


def under(prefix, tensors):
    return {f"{prefix}/{n}": v for n, v in tensors.items()}


def gradients(weights):
    return {n: w.grad.clone() for n, w in weights.items()}


def running(net, name=reference_name):
    return {name(n): v.clone() for n, v in net.named_buffers() if "running" in n}


def move_norms(net):
    """Scales and shifts that are not those of the start."""
    for part, weight in net.named_parameters():
        if "conv" not in part and weight.dim() == 1:
            weight.data += torch.randn_like(weight) / 4


def by_kind(prefix, suffix, tensors):
    """The tensors of a quantity, one a kind of cell."""
    kinds = [""] if len(tensors) == 1 else ["_normal", "_reduce"]
    return {f"{prefix}{kind}{suffix}": v for kind, v in zip(kinds, tensors)}


# What has no more digits than float32, or too many numbers to store them twice.
SINGLE = {"x", "y", "gy", "train_x", "train_y", "valid_x", "valid_y", "param", "grad", "grad_rows", "buffer", "noise",
          "momentum", "final", "reg_1e-03", "reg_exact"}


def save_case(out, name, about, tensors, scalars, more=None, single=SINGLE):
    """NAME.safetensors and NAME.json, see tests/golden."""
    from safetensors.torch import save_file
    stored = {}
    for n, v in tensors.items():
        v = v.detach().contiguous()
        stored[n] = v.float() if v.is_floating_point() else v
        if single is not None and n.split("/")[0] not in single:
            stored[f"{n}@f64"] = v.clone()
    path = out / f"{name}.safetensors"
    save_file(stored, path)
    path.chmod(0o644)
    save_json(path.with_suffix(".json"), {"about": about, "torch": torch.__version__, "scalars": scalars,
                                          **(more or {})})
    print(name, "tensors", len(stored))


def save_json(path, value):
    """Lists without lists or objects in them take one line."""
    text = json.dumps(value, indent=1)
    flat = lambda found: "[" + re.sub(r"\s*\n\s*", " ", found[1]).strip() + "]"
    path.write_text(re.sub(r"\[(\s*\n[^\[\]{}]*)\]", flat, text) + "\n")


# ---------------------------------------------------------------- supernets
def supernet(space, channels, cells, size, batch):
    net = build(space, channels, cells)
    s = Search(net, "cosine", lam=LAMBDA, eps0=EPSILON)
    for al in s.alpha:
        al.data.normal_(0, 0.5)
    x, y = torch.randn(batch, 3, size, size), torch.randint(0, 10, (batch,))
    rounded(x, *s.alpha, *net.parameters())
    return net, s, x, y


def search_case(out, space, channels, cells, size, batch, seed, forms=("corr", "signcorr")):
    """One pass of a supernet, and ∂Λ/∂ω there."""
    out = start(out, seed)
    net, s, x, y = supernet(space, channels, cells, size, batch)
    weights = named(net)
    loss, ps = s.main_pass(x, y)
    seen = running(net)
    net.eval()
    logits_eval = net(x, ps)
    net.train()
    base = {"x": x, "y": y, "logits": net(x, ps), "logits_eval": logits_eval}
    base.update(under("param", weights))
    base.update(under("grad", gradients(weights)))
    base.update(under("buffer", seen))
    base.update(under("noise", {reference_name(n): m.drawn for n, m in net.named_modules() if isinstance(m, Noise)}))
    own = [[p.grad for p, kind in zip(ps, net.kinds) if kind == k] for k in range(len(s.alpha))]
    base.update(by_kind("alphas", "", s.alpha))
    base.update(by_kind("gw", "", [torch.stack(g) for g in own]))
    base.update(by_kind("grad_alphas", "", [
        torch.autograd.grad(F.softmax(al, -1), al, sum(g))[0] for al, g in zip(s.alpha, own)]))
    scalars, regularizers = {"loss": float(loss.detach())}, {}
    for form, short in (("cosine", "corr"), ("sign", "signcorr")):
        value, delta, _, central = s.regularizer_grad(x, y, ps, form, EPSILON)
        exact = exact_gradient(net, s, x, y, form)
        scalars[f"Lambda_{short}"] = float(value.detach())
        tensors = {"pert": torch.stack(delta)}
        tensors.update(under("reg_1e-03", {n: -LAMBDA * r for n, r in zip(weights, central)}))
        tensors.update(under("reg_exact", {n: -LAMBDA * r for n, r in zip(weights, exact)}))
        regularizers[short] = (tensors, {"Lambda": float(value.detach()), "lambda": LAMBDA})
    name = f"{FILES.get(space, space)}_c{channels}l{cells}s{seed}"
    about = f"{space}, {cells} cells, {size}x{size}, batch {batch}"
    if space == "nb201":
        tensors, own_scalars = regularizers["corr"]
        save_case(out, name, about, {**base, **tensors}, {**scalars, **own_scalars})
        return
    save_case(out, f"search_{name}_base", about, base, scalars)
    for short in forms:
        save_case(out, f"search_{name}_{short}", about + ", regularizer", *regularizers[short])


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


def steps_case(out, space, channels, cells, size, batch, seed, form):
    """Three bilevel steps with the published settings, from architecture parameters as small as a search's first:
    larger ones would hide how far the steps go."""
    out = start(out, seed)
    staged = space == "nb201"
    net = build(space, channels, cells)
    s = Search(net, form, lam=LAMBDA, eps0=EPSILON, arch_lr=1e-4 if staged else 3e-4,
               order="weights-first" if staged else "arch-first")
    data = {}
    for part in ("train", "valid"):
        data[f"{part}_x"] = torch.randn(3, batch, 3, size, size)
        data[f"{part}_y"] = torch.randint(0, 10, (3, batch))
    rounded(data["train_x"], data["valid_x"], *s.alpha, *net.parameters())
    tensors, scalars = three_steps(s, data)
    short = {"none": "none", "cosine": "corr", "sign": "signcorr"}[form]
    about = f"three steps of {space}, {cells} cells, {size}x{size}, batch {batch}, regularizer {short}, {s.order}"
    save_case(out, f"steps_{FILES.get(space, space)}_c{channels}l{cells}s{seed}_{short}", about, {**data, **tensors},
              scalars, {"parameter_order": list(named(net))})


def three_steps(s, data):
    weights = named(s.net)
    tensors = under("param", {n: w.detach().clone() for n, w in weights.items()})
    tensors.update(by_kind("alphas", "_0", [al.detach().clone() for al in s.alpha]))
    scalars = {}
    for i in range(len(data["train_x"])):
        train, valid = [(data[f"{part}_x"][i], data[f"{part}_y"][i]) for part in ("train", "valid")]
        loss, value = s.step(train, valid)
        after = f"_{i + 1}"
        tensors.update(by_kind("alphas", after, [al.detach().clone() for al in s.alpha]))
        tensors.update(by_kind("grad_alphas", after, [al.grad.clone() for al in s.alpha]))
        tensors[f"param_norms{after}"] = torch.stack([w.detach().norm() for w in weights.values()])
        scalars[f"step{i + 1}"] = {"loss_train": float(loss.detach()), "grad_norm_before_clip": float(s.gradient_norm)}
        if value is not None:
            scalars[f"step{i + 1}"]["Lambda_train"] = float(value)
    tensors.update(under("final", weights))
    return tensors, scalars


def second_order_case(out, space, channels, cells, size, batch, seed):
    """The unrolled gradient for α: A before the first step, B with momentum."""
    out = start(out, seed)
    net, s, *train = supernet(space, channels, cells, size, batch)
    valid = [torch.randn(batch, 3, size, size), torch.randint(0, 10, (batch,))]
    weights = named(net)
    momentum = {n: torch.randn_like(w) / 4 for n, w in weights.items()}
    rounded(valid[0], *momentum.values())
    tensors = {"train_x": train[0], "train_y": train[1], "valid_x": valid[0], "valid_y": valid[1]}
    tensors.update(under("param", weights))
    tensors.update(under("momentum", momentum))
    tensors.update(by_kind("alphas", "", s.alpha))
    tensors.update(second_order(s, train, valid, momentum))
    save_case(out, f"second_order_{FILES.get(space, space)}_c{channels}l{cells}s{seed}",
              f"unrolled gradient for alpha of {space}, {cells} cells, {size}x{size}, batch {batch}", tensors, {})


def second_order(s, train, valid, momentum):
    tensors = {}
    for suffix in ("_A", "_B"):
        if suffix == "_B":
            for n, w in named(s.net).items():
                s.opt_w.state[w]["momentum_buffer"] = momentum[n]
        tensors.update(by_kind("dalpha", suffix, s.unrolled_gradient(train, valid)))
        tensors.update(by_kind("dalpha_exact", suffix, exact_unrolled(s, train, valid)))
    return tensors


def exact_unrolled(s, train, valid):
    """The unrolled gradient by differentiating twice: what its finite difference approximates."""
    weights, group = list(s.net.parameters()), s.opt_w.param_groups[0]
    gradients = torch.autograd.grad(s.shared_loss(*train), weights, create_graph=True)
    ahead = {}
    for (n, w), g in zip(s.net.named_parameters(), gradients):
        momentum = s.opt_w.state.get(w, {}).get("momentum_buffer")
        momentum = 0.0 if momentum is None else group["momentum"] * momentum
        ahead[n] = w.detach() - group["lr"] * (momentum + g + group["weight_decay"] * w.detach())
    shared = [F.softmax(a, -1) for a in s.alpha]
    logits = torch.func.functional_call(s.net, ahead, (valid[0], [shared[kind] for kind in s.net.kinds]))
    return torch.autograd.grad(F.cross_entropy(logits, valid[1]), s.alpha)


# ---------------------------------------------------------------- genotypes
def nb201_name(alpha, names=NB201):
    picks, e, nodes = alpha.argmax(-1).tolist(), 0, []
    for i in range(1, 4):
        nodes.append("|" + "|".join(f"{names[picks[e + j]]}~{j}" for j in range(i)) + "|")
        e += i
    return "+".join(nodes)


def darts_genotype(tables, names):
    """The best operation on each of the two best edges into every node; `none` never counts."""
    genotype = {}
    for k, (kind, alpha) in enumerate(zip(("normal", "reduce"), tables)):
        chosen, edge = [], 0
        for node in range(4):
            best = []
            for j in range(2 + node):
                own = names[k][edge] if isinstance(names, tuple) else names
                weights = F.softmax(alpha[edge], -1).tolist()
                best.append(max((w, -at, name) for at, (w, name) in enumerate(zip(weights, own)) if name != "none"))
                edge += 1
            order = sorted(range(2 + node), key=lambda j: -best[j][0])[:2]
            chosen += [[best[j][2], j] for j in order]
        genotype[kind], genotype[f"{kind}_concat"] = chosen, [2, 3, 4, 5]
    return genotype


def derive(space, tables):
    return nb201_name(tables[0]) if space == "nb201" else darts_genotype(tables, SPACES[space])


def genotypes_case(out, space, seed, count=12):
    out = start(out, seed)
    shapes = build(space, 2, 1 if space == "nb201" else 3).tables
    tables = [torch.randn(count, *shape) for shape in shapes]
    rounded(*tables)
    derived = [derive(space, [table[i] for table in tables]) for i in range(count)]
    save_case(out, f"genotypes_{FILES.get(space, space)}",
              f"{count} random tables of alpha and what is derived from them", by_kind("alphas", "", tables), {},
              {"genotypes": derived}, single=None)


# ---------------------------------------------------------------- published cells
MAX, AVG, SKIP = "max_pool_3x3", "avg_pool_3x3", "skip_connect"
SEP3, SEP5, SEP7, DIL3, DIL5 = "sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7", "dil_conv_3x3", "dil_conv_5x5"
CELLS = {
    "DARTS_V1": {
        "normal": [[SEP3, 1], [SEP3, 0], [SKIP, 0], [SEP3, 1], [SKIP, 0], [SEP3, 1], [SEP3, 0], [SKIP, 2]],
        "normal_concat": [2, 3, 4, 5],
        "reduce": [[MAX, 0], [MAX, 1], [SKIP, 2], [MAX, 0], [MAX, 0], [SKIP, 2], [SKIP, 2], [AVG, 0]],
        "reduce_concat": [2, 3, 4, 5],
    },
    "DARTS_V2": {
        "normal": [[SEP3, 0], [SEP3, 1], [SEP3, 0], [SEP3, 1], [SEP3, 1], [SKIP, 0], [SKIP, 0], [DIL3, 2]],
        "normal_concat": [2, 3, 4, 5],
        "reduce": [[MAX, 0], [MAX, 1], [SKIP, 2], [MAX, 1], [MAX, 0], [SKIP, 2], [SKIP, 2], [MAX, 1]],
        "reduce_concat": [2, 3, 4, 5],
    },
    "LAMBDA_DARTS": {
        "normal": [[SEP5, 0], [SKIP, 1], [SEP3, 2], [SEP5, 1], [SEP3, 1], [MAX, 0], [DIL3, 2], [MAX, 0]],
        "normal_concat": [2, 3, 4, 5],
        "reduce": [[SKIP, 1], [SKIP, 0], [MAX, 0], [DIL3, 2], [DIL5, 3], [DIL5, 1], [SKIP, 1], [SEP5, 2]],
        "reduce_concat": [2, 3, 4, 5],
    },
    # Five nodes, of which three make the output.
    "NASNet": {
        "normal": [[SEP5, 1], [SEP3, 0], [SEP5, 0], [SEP3, 0], [AVG, 1], [SKIP, 0], [AVG, 0], [AVG, 0], [SEP3, 1],
                   [SKIP, 1]],
        "normal_concat": [2, 3, 4, 5, 6],
        "reduce": [[SEP5, 1], [SEP7, 0], [MAX, 1], [SEP7, 0], [AVG, 1], [SEP5, 0], [SKIP, 3], [AVG, 2], [SEP3, 2],
                   [MAX, 1]],
        "reduce_concat": [4, 5, 6],
    },
}
# The best of the search, one that does nothing, one of every operation.
CELLS_NB201 = [
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|",
    "|nor_conv_1x1~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|none~0|nor_conv_3x3~1|skip_connect~2|",
]


# ---------------------------------------------------------------- derived networks
# A cell whose outputs are some of its nodes, one that reads a state twice, every kind of operation.
DERIVED = {
    "normal": [["sep_conv_5x5", 1], ["skip_connect", 0], ["avg_pool_3x3", 0], ["avg_pool_3x3", 0], ["dil_conv_3x3", 2],
               ["skip_connect", 3]],
    "normal_concat": [2, 3, 4],
    "reduce": [["skip_connect", 0], ["sep_conv_3x3", 1], ["max_pool_3x3", 0], ["dil_conv_5x5", 2], ["skip_connect", 3],
               ["avg_pool_3x3", 1]],
    "reduce_concat": [3, 4],
}
DERIVED_NB201 = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|"
AUXILIARY_WEIGHT = 0.4
# Of the largest gradient, that of the auxiliary head's second convolution, the first outputs alone are stored.
LARGEST, ROWS = "features.5.weight", 16


def darts_cells(genotype):
    """(nodes, outputs) of both kinds."""
    return [([genotype[kind][i:i + 2] for i in range(0, len(genotype[kind]), 2)],
             genotype.get(f"{kind}_concat", [2, 3, 4, 5])) for kind in ("normal", "reduce")]


def derived_cases(out, seed):
    """Derived networks: a training pass, and what the running statistics that it leaves predict."""
    for name, genotype, make in (
            ("darts_c2l4", DERIVED, lambda: DerivedDarts(darts_cells(DERIVED), 2, 4)),
            ("nb201_c2l1", DERIVED_NB201, lambda: DerivedNb201(nb201_nodes(DERIVED_NB201), 2, 1))):
        out = start(out, seed)
        net = make()
        x, y = torch.randn(4, 3, 8, 8), torch.randint(0, 10, (4,))
        move_norms(net)
        rounded(x, *net.parameters())
        logits = net(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        net.eval()
        weights = named(net)
        tensors = {"x": x, "y": y, "logits": logits, "logits_eval": net(x), **under("param", weights),
                   **under("grad", gradients(weights))}
        save_case(out, f"eval_{name}s{seed}", f"derived network, {name[:5]}, 8x8, batch 4", tensors,
                  {"loss": float(loss.detach())}, {"genotype": genotype})


def auxiliary_cases(out, seed):
    """DARTS's auxiliary head by itself, and in a derived network."""
    out = start(out, seed)
    head = AuxiliaryHead(4, 10)
    x, gy = torch.randn(4, 4, 8, 8), torch.randn(4, 10)
    move_norms(head)
    rounded(x, gy, *head.parameters())
    shorten(head)
    tensors = one_run(head, x, gy, lambda n: n)
    save_case(out, "eval_aux_head", "auxiliary head of 4 channels, 8x8, batch 4, loss = sum(y*gy)",
              first_rows(tensors), {}, single=SINGLE - {"y"})

    torch.manual_seed(seed)
    net = DerivedDarts(darts_cells(CELLS["LAMBDA_DARTS"]), 2, 6, auxiliary=True)
    x, y = torch.randn(8, 3, 32, 32), torch.randint(0, 10, (8,))
    move_norms(net)
    rounded(x, *net.parameters())
    shorten(net.auxiliary_head)
    logits, beside = net(x)
    losses = [F.cross_entropy(logits, y), F.cross_entropy(beside, y)]
    loss = losses[0] + AUXILIARY_WEIGHT * losses[1]
    loss.backward()
    net.eval()
    weights = named(net)
    tensors = {"x": x, "y": y, "logits": logits, "logits_aux": beside, "logits_eval": net(x), **under("param", weights),
               **under("grad", gradients(weights))}
    scalars = {"loss": loss, "loss_main": losses[0], "loss_aux": losses[1]}
    save_case(out, f"eval_darts_aux_c2l6s{seed}",
              "derived network with DARTS's auxiliary head, 32x32, batch 8, "
              "loss = loss_main + auxiliary_weight*loss_aux", first_rows(tensors),
              {n: float(v.detach()) for n, v in scalars.items()},
              {"genotype": CELLS["LAMBDA_DARTS"], "auxiliary_weight": AUXILIARY_WEIGHT})


def shorten(head):
    """The most weights get few digits: then a repository packs them well."""
    weight = head.features[5].weight
    weight.data = weight.bfloat16().double()


def first_rows(tensors):
    large = [n for n in tensors if n.startswith("grad/") and n.endswith(LARGEST)]
    return {n.replace("grad/", "grad_rows/") if n in large else n: v[:ROWS] if n in large else v
            for n, v in tensors.items()}


# ---------------------------------------------------------------- operations
def one_run(module, x, gy, name):
    """A training pass of a module by itself; the loss is <y, gy>."""
    x.requires_grad_()
    y = module(x)
    (y * gy).sum().backward()
    weights = named(module, name)
    return {"x": x, "gy": gy, "y": y, "gx": x.grad, **under("param", weights), **under("grad", gradients(weights)),
            **under("buffer", running(module, name))}


POOLS = ["max_pool_3x3", "avg_pool_3x3"]
CONVOLUTIONS = ["sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7", "dil_conv_3x3", "dil_conv_5x5", "conv_7x1_1x7"]
NOR_CONVOLUTIONS = ["nor_conv_1x1", "nor_conv_3x3"]


def operations_cases(out, seed, c=2):
    """Every operation at both strides, one file a style."""
    every = ["none", "skip_connect", *POOLS, *CONVOLUTIONS, *NOR_CONVOLUTIONS]
    in_nb201 = ["none", "skip_connect", *POOLS, *NOR_CONVOLUTIONS, *(f"{op}_affine" for op in NOR_CONVOLUTIONS)]
    for file, about, names in (
            ("ops_darts_search", "operations of DARTS as in a search: norms without parameters, one after pools",
             every),
            ("ops_darts_eval", "operations of DARTS as in a derived network: norms with parameters, bare pools", every),
            ("ops_nb201", "operations of NAS-Bench-201, and its residual block", in_nb201)):
        out, nb201, tensors = start(out, seed), file == "ops_nb201", {}
        for op in names:
            bare = op.removesuffix("_affine")
            affine = file == "ops_darts_eval" or op != bare
            for stride in (1, 2):
                module = operation(bare, c, stride, file == "ops_darts_search", affine)
                tensors.update(under(f"{op}.s{stride}", operation_run(
                    module, c, stride, lambda n: operation_name(bare, n, nb201))))
        if nb201:
            tensors.update(under(f"resnet_basicblock_to{2 * c}.s2", operation_run(
                ResBlock(c, 2 * c), c, 2, lambda n: block_name(n.split(".")))))
        save_case(out, file, f"{about}; {c} channels, 8x8, batch 2, loss = sum(y*gy)", tensors, {}, single=None)


def operation_run(module, c, stride, name):
    outputs = 2 * c if isinstance(module, ResBlock) else c
    x, gy = torch.randn(2, c, 8, 8), torch.randn(2, outputs, 8 // stride, 8 // stride)
    move_norms(module)
    rounded(x, gy, *module.parameters())
    return one_run(module, x, gy, name)


# ---------------------------------------------------------------- costs
def parameters(net):
    return sum(w.numel() for w in net.parameters())


def multiply_adds(net, size=32):
    """Of the convolutions and the classifier, for one image."""
    total = 0

    def layer(module, _, output):
        nonlocal total
        total += output.numel() * module.weight[0].numel()

    layers = [m for m in net.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    hooks = [m.register_forward_hook(layer) for m in layers]
    net.eval()
    with torch.no_grad():
        net(torch.randn(1, 3, size, size))
    for hook in hooks:
        hook.remove()
    return total


def darts_cost(genotype, c, cells, classes):
    net = DerivedDarts(darts_cells(genotype), c, cells, classes, auxiliary=True)
    beside = parameters(net.auxiliary_head)
    return {"params": parameters(net) - beside, "aux_params": beside, "params_with_aux": parameters(net),
            "macs_32x32": multiply_adds(net)}


def nb201_cost(text, c, n):
    net = DerivedNb201(nb201_nodes(text), c, n)
    return {"params": parameters(net), "macs_32x32": multiply_adds(net)}


def supernet_parameters(space, c, cells):
    return parameters(build(space, c, cells))


def costs_case(out):
    """What published networks and supernets cost, counted by going through them."""
    out, counts = start(out, 0), {}
    for name, genotype in CELLS.items():
        counts[name] = {"genotype": genotype}
        for c, cells, classes in ((4, 5, 10), (16, 8, 10), (36, 20, 10), (36, 20, 100)):
            counts[name][f"C{c}_L{cells}_cls{classes}"] = darts_cost(genotype, c, cells, classes)
    for c, n in ((4, 1), (16, 5)):
        counts[f"nb201_infer_C{c}_N{n}"] = {text: nb201_cost(text, c, n) for text in CELLS_NB201}
    counts["search_params"] = {
        **{f"{file}_C16_L8": supernet_parameters(space, 16, 8) for file, space in
           (("s1", "s1"), ("s2", "s2"), ("s3", "s3"), ("s4", "s4"), ("s5", "darts"))},
        "nb201_C16_N5_weights": supernet_parameters("nb201", 16, 5)}
    save_json(out / "param_counts.json", counts)
    print("param_counts")


# ---------------------------------------------------------------- all
def all_cases(out):
    """The cases of tests/golden, at seeds where float32 goes through every ReLU and max pool as float64 does."""
    for space, cells, seed in (("nb201", 1, 4), ("s1", 5, 0), ("s2", 4, 0)):
        search_case(out, space, 2, cells, 8, 4, seed)
    search_case(out, "s4", 2, 4, 8, 4, 0, forms=["corr"])
    for space, cells, seed, form in (("s2", 4, 4, "cosine"), ("nb201", 1, 1, "cosine"), ("darts", 3, 0, "none")):
        steps_case(out, space, 2, cells, 8, 4, seed, form)
    second_order_case(out, "s1", 2, 3, 8, 4, 0)
    for space in ("nb201", "s1", "s3"):
        genotypes_case(out, space, 0)
    derived_cases(out, 0)
    auxiliary_cases(out, 4)
    operations_cases(out, 0)
    costs_case(out)
