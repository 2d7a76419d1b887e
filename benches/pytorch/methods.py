"""The parts of methods in PyTorch, from the formulas of docs/methods.md: what cells read instead of softmax(α), what
joins the loss of α, what moves the weights. Tables are [edges, candidates], those of several types of cell one below
the other."""
import math
from dataclasses import dataclass
from itertools import combinations

import torch
import torch.nn.functional as F
from draws import ARCHITECTURE, Stream

# The published defaults of the parts.
DEFAULTS = {
    "gumbel_hard": {"first": 10.0, "last": 0.1},
    "concrete": {"first": 10.0, "last": 1.0},
    "dirichlet": {},
    "sigmoid": {},
    "hard_concrete": {"first": 1.0, "last": 0.1, "low": -0.1, "high": 1.1, "keep": 2, "drop": 0.4},
    "two_paths": {},
    "uniform_path": {},
    "random_noise": {"first": 0.03, "last": 0.3},
    "adversarial": {"first": 0.03, "last": 0.3, "steps": 7},
    "auxiliary_skip": {"beta": 1.0},
    "alignment": {"lambda": 0.25, "epsilon": 0.3, "measure": "cosine"},
    "l2_schedule": {"first": 3e-4, "last": 2.43e-2},
    "log_sum_exp": {"weight": 50.0},
    "zero_one": {"weight": 10.0, "form": "squares"},
    "dirichlet_distance": {"weight": 1e-3, "form": "divergence"},
    "gate_groups": {"skip": 0.01, "other": 0.005, "threshold": 0.2},
    "path_depth": {"weight": 0.005},
    "neumann": {"terms": 2},
    "oles": {"form": "code", "window": 20, "threshold": 0.4, "clean_threshold": 0.0},
    "partial_channels": {"k": 4},
    "edge_normalization": {},
    "edge_pairs": {"at": 3 / 7, "from": 5 / 7, "first": 10.0, "last": 0.02},
    "operation_groups": {"at": 3 / 7, "from": 5 / 7, "first": 1e-2, "last": 2e-5},
    "candidate_stages": {"keep": [5, 3], "alpha": "drawn"},
    "weights_only": {"share": 0.4},
    "skip_dropout": {"rates": [0.4], "linear": 0.4, "decay": 0.2},
    "controller": {"hidden": 32, "layers": 2, "temperature": 5.0, "bound": 2.5, "entropy": 1e-4, "baseline": 0.99,
                   "lr": 1e-3, "aggregate": 20},
}
# The parts of published methods that act in a step; warnings and selections do not.
PRESETS = {
    "darts": [],
    "lambda-darts": ["alignment"],
    "lambda-darts-sign": ["alignment"],
    "beta-darts": ["log_sum_exp"],
    "darts-minus": ["auxiliary_skip"],
    "darts-plus": [],
    "sdarts-rs": ["random_noise"],
    "sdarts-adv": ["adversarial"],
    "gdas": ["gumbel_hard"],
    "snas": ["concrete"],
    "drnas": ["dirichlet"],
    "proxyless": ["two_paths"],
    "idarts": ["neumann"],
    "oles": ["oles"],
    "pr-darts": ["hard_concrete", "gate_groups", "path_depth"],
    "darts-pt": [],
    "fair-darts": ["sigmoid", "zero_one"],
    "spos": ["uniform_path"],
    "rsws": ["uniform_path"],
    "pc-darts": ["partial_channels", "edge_normalization", "weights_only"],
    "p-darts": ["candidate_stages", "weights_only", "skip_dropout"],
    "dots": ["operation_groups", "edge_pairs", "weights_only"],
    "enas": ["controller"],
}
# Settings of presets that are not the defaults of a part.
OWN = {
    "lambda-darts-sign": {"alignment": {"measure": "sign"}},
    "pc-darts": {"weights_only": {"share": 0.3}},
    "p-darts": {"skip_dropout": {"rates": [0.0, 0.4, 0.7]}},
    "dots": {"weights_only": {"share": 0.5}},
}


def parts(settings):
    """The parts of a method with all their settings, from those of the Rust library's configuration."""
    preset = settings["name"]
    found = {name: {**DEFAULTS[name], **OWN.get(preset, {}).get(name, {})} for name in PRESETS[preset]}
    for name, own in settings.items():
        if name in DEFAULTS:
            found[name] = {**DEFAULTS[name], **found.get(name, {}), **own}
    return found


@dataclass(frozen=True)
class Moment:
    epoch: int
    epochs: int
    step: int
    seed: int

    def progress(self):
        return self.epoch / max(1, self.epochs - 1)

    def between(self, ends):
        return ends["first"] + (ends["last"] - ends["first"]) * self.progress()

    def random(self, purpose):
        return Stream.of_step(self.seed, self.step, purpose)


# ---------------------------------------------------------------- stages
def epochs_in(share, epochs):
    """The number of epochs in a share of them, rounded."""
    return math.floor(share * epochs + 0.5)


def stage_ends(parts, epochs):
    """The numbers of epochs after which stages end."""
    count = len(parts.get("candidate_stages", {}).get("keep", []))
    shares = [(i + 1) / (count + 1) for i in range(count)]
    shares += [parts[name]["at"] for name in ("operation_groups", "edge_pairs") if name in parts]
    return sorted(epochs_in(share, epochs) for share in shares)


def stage(parts, moment):
    """How many stages are over, and the first epoch of this one and of the next one."""
    ends = stage_ends(parts, moment.epochs)
    before = [end for end in ends if end <= moment.epoch]
    return len(before), max(before, default=0), min(ends[len(before):], default=moment.epochs)


def rests(parts, moment):
    """Whether α rests in this epoch."""
    if "weights_only" not in parts:
        return False
    _, start, end = stage(parts, moment)
    return moment.epoch < start + min(epochs_in(parts["weights_only"]["share"], end - start), end - start - 1)


def skip_rate(parts, moment):
    """The probability with which skip connections drop a number."""
    if "skip_dropout" not in parts:
        return 0.0
    own, (number, start, end) = parts["skip_dropout"], stage(parts, moment)
    rate, epochs, at = own["rates"][min(number, len(own["rates"]) - 1)], end - start, moment.epoch - start
    linear = epochs_in(own["linear"], epochs)
    return rate * ((epochs - at - 1) / epochs if at < linear else math.exp(-own["decay"] * (at - linear)))


def staying(parts, names, concatenated, number, row):
    """The candidates of an edge that stay with the end of a stage, of those with α > −∞. Of concatenated cells, no
    derived architecture has `none`."""
    order = sorted((k for k in range(len(row)) if row[k] > -math.inf), key=lambda k: -row[k])
    if "candidate_stages" in parts:
        found = order[: parts["candidate_stages"]["keep"][number]]
    else:
        groups = [[k for k in order if is_free(names[k]) == free] for free in (True, False)]
        found = [k for group in groups for k in group[:1]]
    derived = [k for k in order if not (concatenated and names[k] == "none")]
    return found if set(found) & set(derived) else found + derived[:1]


def anneal(moment, own):
    """A temperature that falls by one factor an epoch after a share of the epochs."""
    start = epochs_in(own["from"], moment.epochs)
    done = max(0, moment.epoch - start) / max(1, moment.epochs - 1 - start)
    return own["first"] * (own["last"] / own["first"]) ** done


def is_free(name):
    """Whether a candidate has no weights."""
    return name in ("none", "skip_connect", "noise") or "pool" in name


def table(draw, like):
    """A number for every candidate, edge by edge."""
    return torch.tensor([[draw() for _ in row] for row in like], dtype=like.dtype)


def one_hot(chosen, like):
    return F.one_hot(torch.tensor(chosen), like.shape[1]).to(like.dtype)


def straight_through(hard, soft):
    return hard + (soft - soft.detach())


# ---------------------------------------------------------------- relaxations
class LogGamma(torch.autograd.Function):
    """The logarithm of a Gamma number: the quantile at a probability, by bisection, and its derivative in the shape."""

    @staticmethod
    def quantile(shape, u):
        low, high = torch.full_like(shape, -700.0), torch.full_like(shape, 7.0)
        for _ in range(100):
            middle = (low + high) / 2
            below = torch.special.gammainc(shape, middle.exp()) < u
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2

    @staticmethod
    def forward(ctx, shape, u):
        a, u, h = shape.double(), u.double(), 1e-5
        slope = (LogGamma.quantile(a + h, u) - LogGamma.quantile(a - h, u)) / (2 * h)
        ctx.save_for_backward(slope.to(shape.dtype))
        return LogGamma.quantile(a, u).to(shape.dtype)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None


def pair(p, random):
    """Two candidates of an edge without replacement."""
    first = random.categorical(p)
    return first, random.categorical([0.0 if k == first else weight for k, weight in enumerate(p)])


def read_gates(gates, settings, random):
    """The largest gates of an edge; the chance to be put last, and a number that decides between equal ones."""
    order = []
    for k, gate in enumerate(gates):
        last = random.uniform() < settings["drop"]
        order.append((gate - last, random.uniform(), k))
    chosen = [k for *_, k in sorted(order, reverse=True)[:settings["keep"]]]
    return [float(k in chosen) for k in range(len(gates))]


def by_group(row, names, tau):
    """Softmax in each group of an edge's candidates in use, or with a temperature over the last two."""
    free = torch.tensor([is_free(name) for name in names])
    groups = [group & (row > -torch.inf) for group in (free, ~free)]
    if tau is not None and all(group.sum() < 2 for group in groups):
        return F.softmax(row / tau, -1)
    return sum(F.softmax(row.masked_fill(~group, -torch.inf), -1) for group in groups if group.any())


def relax(parts, names, alpha, moment, architecture_step):
    """The operation weights p as a function of α, which is −∞ for candidates that have left, and P(g > 0) of the gates
    that are read."""
    random = moment.random(17 if architecture_step else 16)
    soft = F.softmax(alpha, -1)
    if own := parts.get("operation_groups"):
        tau = anneal(moment, own) if moment.epoch >= epochs_in(own["at"], moment.epochs) else None
        return torch.stack([by_group(row, names, tau) for row in alpha]), None
    if "sigmoid" in parts:
        return torch.sigmoid(alpha), None
    if "uniform_path" in parts:
        return one_hot([random.categorical([1.0] * len(row)) for row in alpha], alpha), None
    if "dirichlet" in parts:
        x = LogGamma.apply(F.elu(alpha) + 1, table(random.uniform, alpha))
        return F.softmax(x, -1), None
    for name in ("gumbel_hard", "concrete"):
        if name in parts:
            soft = F.softmax((alpha + table(random.gumbel, alpha)) / moment.between(parts[name]), -1)
            hard = one_hot(soft.argmax(-1).tolist(), alpha)
            return straight_through(hard, soft) if name == "gumbel_hard" else soft, None
    if "two_paths" in parts:
        if not architecture_step:
            return one_hot([random.categorical(row) for row in soft.tolist()], alpha), None
        read = torch.zeros_like(alpha)
        for edge, row in enumerate(soft.tolist()):
            read[edge, list(pair(row, random))] = 1
        own = F.softmax(alpha.masked_fill(read == 0, -torch.inf), -1)
        return straight_through(one_hot([random.categorical(row) for row in own.tolist()], alpha), own), None
    if "hard_concrete" in parts:
        own = parts["hard_concrete"]
        tau, low, high = moment.between(own), own["low"], own["high"]
        soft = torch.sigmoid((alpha + table(random.logistic, alpha)) / tau)
        gates = (low + (high - low) * soft).clamp(0, 1)
        open_ = torch.sigmoid(alpha - tau * torch.log(torch.tensor(-low / high, dtype=alpha.dtype)))
        if own["keep"] == 0:
            return gates, open_
        read = torch.tensor([read_gates(row, own, random) for row in gates.tolist()], dtype=alpha.dtype)
        return straight_through(read, gates), open_ * read
    return soft, None


# ---------------------------------------------------------------- around a relaxation
def onto_simplex(p):
    p = p.clamp(0, 1)
    return p / p.sum(-1, keepdim=True)


def noisy(p, epsilon, random):
    return onto_simplex(p + epsilon * (2 * table(random.uniform, p) - 1))


def perturbed(parts, p, moment):
    """p of the weight step with noise; that of an ascent is where the ascent begins."""
    for name, purpose in (("random_noise", 1), ("adversarial", 2)):
        if name in parts:
            p = noisy(p, moment.between(parts[name]), moment.random(purpose))
    return p


def ascended(parts, p, start, slope, moment):
    """One ascent of `adversarial` by ∂L_train/∂p."""
    epsilon = moment.between(parts["adversarial"])
    moved = p + 2 * epsilon / parts["adversarial"]["steps"] * slope.sign()
    return onto_simplex(start + (moved - start).clamp(-epsilon, epsilon))


def edge_pairs(nodes, concatenated):
    """The pairs of edges that each node chooses from, if it has more than two and does not keep all; `nodes` has the
    edges into every node."""
    return [list(combinations(edges, 2)) for edges in nodes if concatenated and len(edges) > 2]


def first_beta(parts, nodes, concatenated, seed):
    """The parameters β of the weights of edges, or none."""
    if "edge_normalization" in parts:
        random = Stream(seed, ARCHITECTURE, 2**64 - 1)
        return torch.tensor([1e-3 * random.normal() for edges in nodes for _ in edges])
    count = sum(len(pairs) for pairs in edge_pairs(nodes, concatenated)) if "edge_pairs" in parts else 0
    return torch.zeros(count)


def edge_weights(parts, beta, nodes, concatenated, moment):
    """The weight γ of every edge."""
    if "edge_normalization" in parts:
        return torch.cat([F.softmax(beta[edges], -1) for edges in nodes])
    weights, own, at = list(torch.ones(sum(map(len, nodes)))), parts["edge_pairs"], 0
    if moment.epoch >= epochs_in(own["at"], moment.epochs):
        for pairs in edge_pairs(nodes, concatenated):
            shares = F.softmax(beta[at:][: len(pairs)] / anneal(moment, own), -1)
            at += len(pairs)
            for edge in set(sum(pairs, ())):
                weights[edge] = sum(share for share, pair in zip(shares, pairs) if edge in pair)
    return torch.stack(weights)


def auxiliary(parts, names, p, moment):
    """p with what is added to skip connections."""
    if "auxiliary_skip" not in parts:
        return p
    beta = parts["auxiliary_skip"]["beta"] * (1 - moment.progress())
    return p + beta * torch.tensor([float(name == "skip_connect") for name in names], dtype=p.dtype)


# ---------------------------------------------------------------- terms of the loss of α
def mean_of(values):
    return torch.stack(values).mean() if values else torch.tensor(0.0)


def gates_of(names, open_, kinds):
    """P(g > 0) of the gates of some kinds that are read, edge by edge."""
    return [[gate for name, gate in zip(names, row) if kind_of(name) in kinds and gate > 0] for row in open_]


def kind_of(name):
    return {"none": "none", "skip_connect": "skip"}.get(name, "pool" if "pool" in name else "weights")


def architecture_terms(parts, names, ends, alpha, open_, moment):
    """What joins the validation loss; `ends` has the nodes of every edge."""
    loss = alpha.sum() * 0
    if own := parts.get("log_sum_exp"):
        loss = loss + own["weight"] * moment.progress() * torch.logsumexp(alpha, -1).mean()
    if own := parts.get("zero_one"):
        distance = torch.sigmoid(alpha) - 0.5
        loss = loss - own["weight"] * (distance**2 if own["form"] == "squares" else distance.abs()).mean()
    if own := parts.get("dirichlet_distance"):
        beta = F.elu(alpha) + 1
        drawn, even = [torch.distributions.Dirichlet(b) for b in (beta, torch.ones_like(beta))]
        squares = (beta - 1).pow(2).sum(-1) / 2
        distance = torch.distributions.kl_divergence(drawn, even) if own["form"] == "divergence" else squares
        loss = loss + own["weight"] * distance.sum()
    if own := parts.get("gate_groups"):
        for weight, kinds in ((own["skip"], ["skip"]), (own["other"], ["pool"]), (own["other"], ["weights", "none"])):
            gates = sum(gates_of(names, open_, kinds), [])
            loss = loss + weight * F.relu(mean_of(gates) - own["threshold"])
    if own := parts.get("path_depth"):
        edges = zip(gates_of(names, open_, ["weights"]), ends)
        path = [mean_of(gates) for gates, (start, end) in edges if start + 1 == end and gates]
        loss = loss - own["weight"] * torch.stack(path).prod() if path else loss
    return loss


# ---------------------------------------------------------------- freezing
def agreement(train, valid, settings):
    """Of the gradients of an operation's weights: the mean cosine along output channels; none without a gradient."""
    if not any(g.any() for g in train) or not any(g.any() for g in valid):
        return None
    cosines = []
    for ours, theirs in zip(train, valid):
        other = ours + theirs if settings["form"] == "code" else theirs
        cosines.append(F.cosine_similarity(ours.flatten(1), other.flatten(1), 0, 0.0).nan_to_num().mean())
    return float(sum(cosines) / len(cosines))
