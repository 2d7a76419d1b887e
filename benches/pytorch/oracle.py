"""Golden numbers and whole searches with the PyTorch model in model.py, which is written from the paper's formulas and
shares no code with the Rust library that it is held against.

  python oracle.py golden OUT_DIR [--seed S] [--small]   cases with every input and every expected output
  python oracle.py derived OUT_DIR [--seed S]            the same for derived networks
  python oracle.py search --space nb201 ...    a whole search on the images in an .npz (x: [N,3,H,W] uint8, y: [N])

Golden numbers are computed in float64.
"""
import argparse, json, math, time
from pathlib import Path
import torch
import torch.nn.functional as F
from model import NB201, SPACES, DerivedDarts, DerivedNb201, Search, build, pairs


def nb201_name(alpha, names=NB201):
    picks, e, nodes = alpha.argmax(-1).tolist(), 0, []
    for i in range(1, 4):
        nodes.append("|" + "|".join(f"{names[picks[e + j]]}~{j}" for j in range(i)) + "|")
        e += i
    return "+".join(nodes)


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
        if parts[4] != "ops":
            return ".".join(["cells", parts[1], "layers", parts[3], "op", *parts[4:]])
        to, start = [(to, e) for to, e in ((1, 0), (2, 1), (3, 3)) if e <= int(parts[3])][-1]
        return ".".join(["cells", parts[1], "edges", f"{to}<-{int(parts[3]) - start}", parts[5], "op", *parts[6:]])
    at, rest = (["cells", parts[1], parts[2].replace("pre", "preprocess")], parts[3:]) if parts[2] != "edges" else (
        ["cells", parts[1], "_ops", parts[3], "_ops", parts[5]], parts[6:]) if parts[4] == "ops" else (
        ["cells", parts[1], "_ops", parts[3]], parts[4:])
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
        net = build(space, channels, cells)
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


def cmd_derived(a):
    """Derived networks: a training pass, and what the running statistics that it leaves predict."""
    out = Path(a.out); out.mkdir(parents=True, exist_ok=True)
    torch.set_default_dtype(torch.float64)
    cell = lambda kind: ([DERIVED[kind][i:i + 2] for i in range(0, len(DERIVED[kind]), 2)], DERIVED[f"{kind}_concat"])
    nb201 = [[(name, int(j)) for name, j in (read.split("~") for read in node.strip("|").split("|"))]
             for node in DERIVED_NB201.split("+")]
    for name, genotype, make in (
            ("darts_c2l4", DERIVED, lambda: DerivedDarts([cell("normal"), cell("reduce")], 2, 4)),
            ("nb201_c2l1", DERIVED_NB201, lambda: DerivedNb201(nb201, 2, 1))):
        torch.manual_seed(a.seed)
        net = make()
        x, y = torch.randn(4, 3, 8, 8), torch.randint(0, 10, (4,))
        for part, weight in net.named_parameters():
            # Scales and shifts that are not those of the start.
            if "conv" not in part and weight.dim() == 1:
                weight.data += torch.randn_like(weight) / 4
        for v in [x, *net.parameters()]:
            v.data = v.data.float().double()
        logits = net(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        net.eval()
        tensors = {"x": x, "y": y, "logits": logits, "logits_eval": net(x)}
        tensors.update({f"param/{reference_name(n)}": w for n, w in net.named_parameters()})
        tensors.update({f"grad/{reference_name(n)}": w.grad for n, w in net.named_parameters()})
        save_case(out, f"eval_{name}s{a.seed}", f"derived network, {name[:5]}, 8x8, batch 4", tensors,
                  {"loss": float(loss.detach())}, {"genotype": genotype})


def save_case(out, name, about, tensors, scalars, more=None):
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
    sidecar = {"about": about, "torch": torch.__version__, "scalars": scalars, **(more or {})}
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
    net = build(a.space, a.channels, a.cells, a.classes)
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
    d = sub.add_parser("derived"); d.add_argument("out"); d.add_argument("--seed", type=int, default=0)
    q = sub.add_parser("search")
    q.add_argument("--space", choices=SPACES, default="nb201"); q.add_argument("--channels", type=int, default=16); q.add_argument("--cells", type=int, default=5)
    q.add_argument("--classes", type=int, default=10); q.add_argument("--size", type=int, default=32); q.add_argument("--batch", type=int, default=64)
    q.add_argument("--regularizer", default="none"); q.add_argument("--estimator", default="central"); q.add_argument("--threads", type=int, default=2)
    q.add_argument("--data", required=True); q.add_argument("--table"); q.add_argument("--epochs", type=int, default=50)
    q.add_argument("--images", type=int, default=4000); q.add_argument("--seed", type=int, default=0); q.add_argument("--strength", type=float, default=0.25)
    q.add_argument("--lr", type=float, default=0.025); q.add_argument("--arch-lr", type=float, default=1e-4); q.add_argument("--eps0", type=float, default=1e-4)
    a = p.parse_args()
    {"golden": cmd_golden, "derived": cmd_derived, "search": cmd_search}[a.cmd](a)
