"""Golden numbers and whole searches with the PyTorch model in model.py, which is written from the paper's formulas and
shares no code with the Rust library that it is held against.

  python oracle.py all OUT_DIR                           every case of tests/golden
  python oracle.py golden OUT_DIR [--seed S] [--small]   supernets: a pass and the regularizer
  python oracle.py steps OUT_DIR [--seed S] [--small]    supernets: three steps, and the unrolled gradient
  python oracle.py methods OUT_DIR [--seed S]            NAS-Bench-201 and S3: two steps by each method
  python oracle.py derived OUT_DIR [--seed S]            derived networks, with and without an auxiliary head
  python oracle.py parts OUT_DIR [--seed S]              single operations, genotypes, parameter counts
  python oracle.py search --space nb201 ...    a whole search on the images in an .npz (x: [N,3,H,W] uint8, y: [N])

Golden numbers are computed in float64; cases.py says how, steps.py for methods.
"""
import argparse, json, math, time
from pathlib import Path
import torch
import torch.nn.functional as F
import cases
import steps
from model import SPACES, Search, build, pairs


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
        lam = a.lam * epoch / max(1, a.epochs - 1)
        pt, pv = tr[torch.randperm(len(tr))], va[torch.randperm(len(va))]
        tot, al = 0.0, []
        for i in range(steps):
            bt, bv = pt[i * a.batch:(i + 1) * a.batch], pv[i * a.batch:(i + 1) * a.batch]
            loss, value = s.step((x[bt], y[bt]), (x[bv], y[bv]), lam)
            tot += float(loss.detach())
            if value is None:
                continue
            al.append(float(value.detach()))
        if a.regularizer == "none":
            ps = s.copies(); F.cross_entropy(net(x[bt], ps), y[bt]).backward()
            al = [float(pairs(s.cell_gradients(ps), "cosine")[0])]
        name = cases.nb201_name(s.alpha[0]) if a.space == "nb201" else str(s.alpha[0].argmax(-1).tolist())
        ent = float(torch.distributions.Categorical(logits=s.alpha[0].detach()).entropy().mean() / math.log(s.alpha[0].shape[1]))
        acc = table.get(name, [""] * 8)
        print(f"{epoch:3d} {time.time() - start:6.0f}s loss {tot / steps:.3f} align {sum(al) / len(al):.3f} entropy {ent:.3f} c10 {acc[3]} {name}", flush=True)


def cmd_cases(a):
    # One thread, so that sums always have the same order.
    torch.set_num_threads(1)
    if a.cmd == "all":
        cases.all_cases(a.out)
        steps.methods_case(a.out, "nb201", 22)
        steps.methods_case(a.out, "s3", 25)
    elif a.cmd == "golden":
        # NAS-Bench-201: cells a stage; the others: cells in all, of which two are reductions.
        small = (("nb201", 1), ("s1", 5), ("s2", 4), ("s4", 4))
        large = (("nb201", 2), ("darts", 5), ("s1", 5), ("s2", 5), ("s3", 5), ("s4", 5))
        for space, cells in small if a.small else large:
            cases.search_case(a.out, space, *size(a, cells), a.seed)
    elif a.cmd == "steps":
        for space, cells, form in (("s2", 4, "cosine"), ("s2", 4, "sign"), ("nb201", 1, "cosine"), ("darts", 3, "none")):
            cases.steps_case(a.out, space, *size(a, cells), a.seed, form)
        for space in ("s1", "darts"):
            cases.second_order_case(a.out, space, *size(a, 3), a.seed)
    elif a.cmd == "methods":
        for space in ("nb201", "s3"):
            steps.methods_case(a.out, space, a.seed)
    elif a.cmd == "derived":
        cases.derived_cases(a.out, a.seed)
        cases.auxiliary_cases(a.out, a.seed)
    else:
        cases.operations_cases(a.out, a.seed)
        for space in ("nb201", "s1", "s2", "s3", "darts"):
            cases.genotypes_case(a.out, space, a.seed)
        cases.costs_case(a.out)


def size(a, cells):
    """Channels, cells, pixels of a side, images of a batch."""
    return (2, cells, 8, 4) if a.small else (4, cells, 16, 4)


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="cmd", required=True)
    sub.add_parser("all").add_argument("out")
    for cmd in ("golden", "steps", "methods", "derived", "parts"):
        g = sub.add_parser(cmd)
        g.add_argument("out")
        g.add_argument("--seed", type=int, default=0)
        if cmd in ("golden", "steps"):
            g.add_argument("--small", action="store_true", help="2 channels, 8x8 pixels, as in tests/golden")
    q = sub.add_parser("search")
    q.add_argument("--space", choices=SPACES, default="nb201"); q.add_argument("--channels", type=int, default=16); q.add_argument("--cells", type=int, default=5)
    q.add_argument("--classes", type=int, default=10); q.add_argument("--size", type=int, default=32); q.add_argument("--batch", type=int, default=64)
    q.add_argument("--regularizer", default="none"); q.add_argument("--estimator", default="central"); q.add_argument("--threads", type=int, default=2)
    q.add_argument("--data", required=True); q.add_argument("--table"); q.add_argument("--epochs", type=int, default=50)
    q.add_argument("--images", type=int, default=4000); q.add_argument("--seed", type=int, default=0); q.add_argument("--lambda", dest="lam", type=float, default=0.25)
    q.add_argument("--lr", type=float, default=0.025); q.add_argument("--arch-lr", type=float, default=1e-4); q.add_argument("--eps0", type=float, default=1e-4)
    a = p.parse_args()
    cmd_search(a) if a.cmd == "search" else cmd_cases(a)
