"""Steps of a search by each method on NAS-Bench-201, weights first, from the same start: golden numbers for the tests
of the Rust library. methods.py has the methods, draws.py their random numbers."""
from contextlib import contextmanager
from dataclasses import replace

import torch
import torch.nn as nn
import torch.nn.functional as F
import methods
from cases import named, rounded, save_case, start, under
from methods import PRESETS, Moment
from model import NB201, Mixed, build, pairs

# The nodes of every edge.
ENDS = [(j, i) for i in range(1, 4) for j in range(i)]
# The second of three epochs: schedules are between their ends.
MOMENT = Moment(epoch=1, epochs=3, step=5, seed=11)
LR, ARCH_LR, CLIP = 0.025, 1e-4, 5.0
STEPS = 2
# Of the way of each weight, the first numbers are stored.
FIRST = 8
# Beside the published methods, parts and forms that none of them has by default.
METHODS = {
    **{name: {"name": name} for name in PRESETS},
    "l2-schedule": {"name": "darts", "l2_schedule": {}},
    "dirichlet-divergence": {"name": "drnas", "dirichlet_distance": {"weight": 0.1}},
    "dirichlet-squares": {"name": "drnas", "dirichlet_distance": {"weight": 0.1, "form": "squares"}},
    "fair-darts-magnitudes": {"name": "fair-darts", "zero_one": {"form": "magnitudes"}},
    "pr-darts-strong": {"name": "pr-darts", "gate_groups": {"skip": 1.0, "other": 1.0}, "path_depth": {"weight": 1.0}},
    "pr-darts-soft": {"name": "pr-darts", "hard_concrete": {"keep": 0}, "path_depth": {"weight": 1.0}},
    "oles-clean": {"name": "oles", "oles": {"form": "clean", "window": 1}},
}


@contextmanager
def outputs_of_ones(net, p):
    """In the place of the candidates of weight 0, an output of ones."""
    def forward(edge, x, own):
        return sum(weight * (op(x) if weight != 0 else torch.ones_like(x)) for weight, op in zip(own, edge.ops))

    edges = [module for module in net.modules() if isinstance(module, Mixed)]
    for edge in edges:
        edge.forward = lambda x, own, edge=edge: forward(edge, x, own)
    try:
        yield
    finally:
        for edge in edges:
            del edge.forward


class MethodSearch:
    """Steps of a search by a method of one type of cell."""

    def __init__(self, net, alpha, settings, lr=LR, arch_lr=ARCH_LR, betas=(0.5, 0.999)):
        self.net, self.alpha, self.parts = net, alpha, methods.parts(settings)
        self.opt_w = torch.optim.SGD(net.parameters(), lr, momentum=0.9, weight_decay=3e-4)
        self.opt_a = torch.optim.Adam([alpha], arch_lr, betas=betas, weight_decay=1e-3)
        self.weights = list(net.parameters())
        self.frozen, self.agreements = set(), {name: [] for name, _ in self.operations()}

    def operations(self):
        """The candidates with weights, cell by cell."""
        for name, module in self.net.named_modules():
            if isinstance(module, Mixed):
                for k, op in enumerate(module.ops):
                    if own := list(op.parameters()):
                        yield f"{name}.{k}", own

    def loss(self, batch, ps):
        return F.cross_entropy(self.net(batch[0], ps), batch[1])

    def alike(self, p):
        return [p] * len(self.net.kinds)

    def cell_gradients(self, batch, p):
        """∂L/∂ω, which the weights keep, and ∂L/∂p of every cell."""
        ps = [p.detach().clone().requires_grad_() for _ in self.net.kinds]
        loss = self.loss(batch, ps)
        loss.backward()
        return loss.detach(), ps

    def read(self, alpha, moment, architecture_step):
        """p without the parts of the weight step, and the gates."""
        return methods.relax(self.parts, alpha, moment, architecture_step)

    def auxiliary(self, p, moment):
        return methods.auxiliary(self.parts, NB201, p, moment)

    # ------------------------------------------------------------ weights
    def weight_step(self, batch, moment):
        start, _ = self.read(self.alpha.detach(), moment, False)
        noisy = p = methods.perturbed(self.parts, start, moment)
        for _ in range(self.parts.get("adversarial", {}).get("steps", 0)):
            _, ps = self.cell_gradients(batch, p)
            p = methods.ascended(self.parts, p, start, sum(own.grad for own in ps), moment)
        p = self.auxiliary(p, moment)
        self.opt_w.zero_grad()
        loss, ps = self.cell_gradients(batch, p)
        if "alignment" in self.parts:
            self.regularize(batch, p, [own.grad for own in ps], moment)
        self.freeze_gradients()
        norm = nn.utils.clip_grad_norm_(self.weights, CLIP)
        self.clipped = [w.grad.clone() for w in self.weights]
        if own := self.parts.get("l2_schedule"):
            self.opt_w.param_groups[0]["weight_decay"] = moment.between(own)
        before = {w: (w.detach().clone(), self.opt_w.state[w].get("momentum_buffer", torch.zeros_like(w)).clone())
                  for w in self.frozen}
        self.opt_w.step()
        for w, (value, momentum) in before.items():
            w.data, self.opt_w.state[w]["momentum_buffer"] = value, momentum
        return {"p_weights": self.auxiliary(noisy, moment), "loss_train": float(loss), "gradient_norm": float(norm)}

    def regularize(self, batch, p, cells, moment):
        """Adds −λ ∂Λ/∂ω, by the difference of two passes."""
        own = self.parts["alignment"]
        _, delta = pairs([g.flatten() for g in cells], own["measure"])
        epsilon = own["epsilon"] / torch.cat(delta).norm()
        for sign in (1, -1):
            moved = [p + sign * epsilon * d.view_as(p) for d in delta]
            factor = -sign * own["lambda"] * moment.progress() / (2 * epsilon)
            for w, g in zip(self.weights, torch.autograd.grad(self.loss(batch, moved), self.weights)):
                w.grad += factor * g

    def freeze_gradients(self):
        for w in self.frozen:
            w.grad.zero_()

    # ------------------------------------------------------------ architecture
    def architecture_step(self, train, valid, moment):
        p, open_ = self.read(self.alpha, moment, True)
        p = self.auxiliary(p, moment)
        wanted = [self.alpha, *self.weights]
        loss, gradient = self.architecture_loss(valid, p, open_, moment)
        found, *slopes = torch.autograd.grad(gradient, wanted, retain_graph=True, allow_unused=True)
        if "neumann" in self.parts:
            found = found - self.implicit(train, p, slopes)
        if "oles" in self.parts:
            self.compare(slopes)
        self.alpha.grad = torch.zeros_like(self.alpha) if found is None else found.clone()
        self.opt_a.step()
        return {"p_architecture": p.detach(), "grad_alphas": self.alpha.grad, "loss_valid": float(loss.detach())}

    def architecture_loss(self, batch, p, open_, moment):
        """The loss, and the loss of α."""
        if "gumbel_hard" in self.parts:
            with outputs_of_ones(self.net, p):
                loss = self.loss(batch, self.alike(p))
        else:
            loss = self.loss(batch, self.alike(p))
        return loss, loss + methods.architecture_terms(self.parts, NB201, ENDS, self.alpha, open_, moment)

    def implicit(self, train, p, v):
        """γ ∂²L_train/∂α∂ω Σ (I − γ ∂²_ω L_train)^k v; products with second derivatives are two-sided differences."""
        gamma, before = self.opt_w.param_groups[0]["lr"], [w.detach().clone() for w in self.weights]

        def along(direction, wanted, hold):
            """The derivative of a gradient along a direction of ω."""
            r, sides = 0.01 / torch.cat([d.flatten() for d in direction]).norm(), []
            for sign in (1, -1):
                for w, own, d in zip(self.weights, before, direction):
                    w.data = own + sign * r * d
                sides.append(torch.autograd.grad(self.loss(train, self.alike(hold)), wanted, retain_graph=True))
            for w, own in zip(self.weights, before):
                w.data = own
            return [(plus - minus) / (2 * r) for plus, minus in zip(*sides)]

        total = list(v)
        for _ in range(self.parts["neumann"]["terms"]):
            v = [own - gamma * d for own, d in zip(v, along(v, self.weights, p.detach()))]
            total = [sum_ + own for sum_, own in zip(total, v)]
        return gamma * along(total, [self.alpha], p)[0]

    def compare(self, slopes):
        """Compares validation gradients with the training gradients of the weight step, and freezes."""
        own = self.parts["oles"]
        train, valid = dict(zip(self.weights, self.clipped)), dict(zip(self.weights, slopes))
        extra = int(own["form"] == "code")
        least = own["threshold"] * own["window"] / (own["window"] + 1) if extra else own["clean_threshold"]
        for name, weights in self.operations():
            found = methods.agreement([train[w] for w in weights], [valid[w] for w in weights], own)
            if weights[0] in self.frozen or found is None:
                continue
            window = self.agreements[name] = [*self.agreements[name], found]
            if len(window) == own["window"] + extra:
                self.agreements[name] = []
                if sum(window) / len(window) < least:
                    self.frozen.update(weights)

    def step(self, train, valid, moment):
        before = self.alpha.detach().clone()
        done = self.weight_step(train, moment)
        done.update(self.architecture_step(train, valid, moment))
        return {**done, "moved_alphas": self.alpha.detach() - before}


# ---------------------------------------------------------------- golden numbers
def method_steps(settings, param, alphas, data):
    """Two steps by a method from a start: what a case stores of them."""
    net = build("nb201", 2, 1)
    weights = named(net)
    for name, w in weights.items():
        w.data = param[name].clone()
    search = MethodSearch(net, alphas.clone().requires_grad_(), settings)
    done = []
    for i in range(STEPS):
        train, valid = [(data[f"{part}_x"][i], data[f"{part}_y"][i]) for part in ("train", "valid")]
        done.append(search.step(train, valid, replace(MOMENT, step=MOMENT.step + i)))
    tensors = {name: torch.stack([step[name] for step in done])
               for name in ("p_weights", "p_architecture", "grad_alphas", "moved_alphas")}
    tensors["moved"] = torch.cat([(w.detach() - param[name]).flatten()[:FIRST] for name, w in weights.items()])
    if "oles" in search.parts:
        tensors["agreements"] = torch.tensor([sum(window, 0.0) for window in search.agreements.values()])
        tensors["frozen"] = torch.tensor([float(own[0] in search.frozen) for _, own in search.operations()])
    scalars = {f"step{i + 1}": {name: step[name] for name in ("loss_train", "loss_valid", "gradient_norm")}
               for i, step in enumerate(done)}
    return tensors, scalars


def methods_start(size, batch):
    """Weights, α as those within a search, and a batch a step."""
    net = build("nb201", 2, 1)
    alphas = torch.randn(6, 5) / 2
    data = {}
    for part in ("train", "valid"):
        data[f"{part}_x"] = torch.randn(STEPS, batch, 3, size, size)
        data[f"{part}_y"] = torch.randint(0, 10, (STEPS, batch))
    rounded(data["train_x"], data["valid_x"], alphas, *net.parameters())
    return {name: w.detach() for name, w in named(net).items()}, alphas, data


def methods_case(out, seed, size=8, batch=4):
    """Two steps by every method."""
    out = start(out, seed)
    param, alphas, data = methods_start(size, batch)
    tensors, scalars = {"alphas": alphas, **under("param", param), **data}, {}
    for name, settings in METHODS.items():
        found, scalars[name] = method_steps(settings, param, alphas, data)
        tensors.update(under(name, found))
    save_case(out, f"methods_nb201_c2l1s{seed}",
              f"two steps by each method on nb201, 1 cell a stage, {size}x{size}, batch {batch}, weights first",
              tensors, scalars, {"methods": METHODS, "moment": vars(MOMENT), "lr": LR, "architecture_lr": ARCH_LR,
                        "first": FIRST, "parameter_order": list(param)}, single=None)
