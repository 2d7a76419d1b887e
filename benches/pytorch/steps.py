"""Steps of a search by each method, weights first, from the same start: golden numbers for the tests of the Rust
library. methods.py has the methods, controller.py and edges.py parts of them, draws.py their random numbers."""
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
import methods
from cases import by_kind, named, rounded, save_case, start, under
from controller import Controller
from draws import ARCHITECTURE, Stream
from edges import PartialMixed, behind_dropout, draw_masks
from methods import PRESETS, Moment
from model import SPACES, Mixed, build, pairs

# The nodes of every edge of NAS-Bench-201.
ENDS = [(j, i) for i in range(1, 4) for j in range(i)]
# The edges into every node of a cell.
NODES = {"nb201": [[0], [1, 2], [3, 4, 5]], "s3": [[0, 1], [2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12, 13]]}
# The second of three epochs: schedules are between their ends.
MOMENT = Moment(epoch=1, epochs=3, step=5, seed=11)
# The seed of the supernet: of first α and β, policies and masks.
SEED = 0
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
    "pc-darts": {"name": "pc-darts", "partial_channels": {"k": 2}},
    "p-darts-rest": {"name": "p-darts"},
    "dots-groups": {"name": "dots"},
    "enas": {"name": "enas", "controller": {"hidden": 8, "temperature": 1.0, "entropy": 0.1}},
    "enas-aggregate": {"name": "enas", "controller": {"hidden": 8, "layers": 1, "temperature": 1.0, "aggregate": 1}},
}
# Those that need two types of cell, and nodes that choose their edges.
TWO_TYPES = {
    "pc-darts": {"name": "pc-darts", "partial_channels": {"k": 2}},
    "p-darts": {"name": "p-darts", "candidate_stages": {"keep": [2, 1]}},
    "dots": {"name": "dots"},
}
# Other moments than the second of three epochs, at which parts act or rest, and a step at which a reward is not 0.
MOMENTS = {
    "p-darts": replace(MOMENT, epoch=8, epochs=9),
    "p-darts-rest": replace(MOMENT, epoch=3, epochs=9),
    "dots-groups": replace(MOMENT, epoch=4, epochs=14),
    "dots": replace(MOMENT, epoch=12, epochs=14),
    "enas": replace(MOMENT, step=6),
    "enas-aggregate": replace(MOMENT, step=6),
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
    """Steps of a search by a method that begins at a moment."""

    def __init__(self, space, net, alpha, settings, moment, beta=None, lr=LR, arch_lr=ARCH_LR, betas=(0.5, 0.999)):
        self.net, self.alpha, self.parts, self.names = net, alpha, methods.parts(settings), SPACES[space]
        self.concatenated = space != "nb201"
        self.edges = [edges for edges, _ in net.tables]
        starts = [sum(self.edges[:kind]) for kind in range(len(self.edges))]
        self.nodes = [[start + edge for edge in node] for start in starts for node in NODES[space]]
        beta = methods.first_beta(self.parts, self.nodes, self.concatenated, SEED) if beta is None else beta.clone()
        self.beta = beta.requires_grad_()
        self.left = torch.zeros_like(alpha, dtype=torch.bool)
        self.begin_stage(moment)
        self.skips = behind_dropout(net) if "skip_dropout" in self.parts else []
        self.controller = None
        if "controller" in self.parts:
            self.controller = Controller(self.parts["controller"], len(self.names), SEED)
        self.opt_w = torch.optim.SGD(net.parameters(), lr, momentum=0.9, weight_decay=3e-4)
        self.opt_a = torch.optim.Adam([alpha, self.beta], arch_lr, betas=betas, weight_decay=1e-3)
        self.weights = list(net.parameters())
        self.frozen, self.agreements = set(), {name: [] for name, _ in self.operations()}

    def begin_stage(self, moment):
        """Ends the stage before that of a moment: candidates leave, and α begins anew. The network is that of the
        stage."""
        number, epoch, _ = methods.stage(self.parts, moment)
        if number == 0:
            return
        for row, left in zip(self.alpha.tolist(), self.left):
            left[:] = True
            left[methods.staying(self.parts, self.names, self.concatenated, number - 1, row)] = False
        random = Stream(SEED, ARCHITECTURE, epoch)
        drawn = "candidate_stages" in self.parts
        self.alpha.data = methods.table(lambda: 1e-3 * random.normal() if drawn else 0.0, self.alpha)

    def mask(self, moment, architecture_step):
        """Draws what the passes over a batch drop."""
        number = 2 * moment.step + architecture_step
        draw_masks(self.skips, SEED, number, methods.skip_rate(self.parts, moment))

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
        tables = p.split(self.edges)
        return [tables[kind] for kind in self.net.kinds]

    def cell_gradients(self, batch, p):
        """∂L/∂ω, which the weights keep, and ∂L/∂p of every cell."""
        ps = [own.detach().clone().requires_grad_() for own in self.alike(p)]
        loss = self.loss(batch, ps)
        loss.backward()
        return loss.detach(), ps

    def read(self, alpha, moment, architecture_step):
        """p without the parts of the weight step, and the gates."""
        if self.controller:
            return self.controller.sample(alpha, moment.random(17 if architecture_step else 16)), None
        in_use = alpha.masked_fill(self.left, -torch.inf)
        return methods.relax(self.parts, self.names, in_use, moment, architecture_step)

    def finish(self, p, beta, moment):
        """p with the weights of edges and what is added to it."""
        if len(beta):
            weights = methods.edge_weights(self.parts, beta, self.nodes, self.concatenated, moment)
            p = weights.unsqueeze(-1) * p
        return methods.auxiliary(self.parts, self.names, p, moment)

    # ------------------------------------------------------------ weights
    def weight_step(self, batch, moment):
        self.mask(moment, False)
        start, _ = self.read(self.alpha.detach(), moment, False)
        noisy = p = methods.perturbed(self.parts, start, moment)
        for _ in range(self.parts.get("adversarial", {}).get("steps", 0)):
            _, ps = self.cell_gradients(batch, p)
            p = methods.ascended(self.parts, p, start, sum(own.grad for own in ps), moment)
        p = self.finish(p, self.beta.detach(), moment)
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
        return {"p_weights": self.finish(noisy, self.beta.detach(), moment), "loss_train": float(loss),
                "gradient_norm": float(norm)}

    def regularize(self, batch, p, cells, moment):
        """Adds −λ ∂Λ/∂ω, by the difference of two passes."""
        own = self.parts["alignment"]
        _, delta = pairs([g.flatten() for g in cells], own["measure"])
        epsilon = own["epsilon"] / torch.cat(delta).norm()
        for sign in (1, -1):
            moved = [own + sign * epsilon * d.view_as(own) for own, d in zip(self.alike(p), delta)]
            factor = -sign * own["lambda"] * moment.progress() / (2 * epsilon)
            for w, g in zip(self.weights, torch.autograd.grad(self.loss(batch, moved), self.weights)):
                w.grad += factor * g

    def freeze_gradients(self):
        for w in self.frozen:
            w.grad.zero_()

    # ------------------------------------------------------------ architecture
    def architecture_step(self, train, valid, moment):
        self.mask(moment, True)
        p, open_ = self.read(self.alpha, moment, True)
        p = self.finish(p, self.beta, moment)
        loss, gradient = self.architecture_loss(valid, p, open_, moment)
        done = {"p_architecture": p.detach(), "loss_valid": float(loss.detach())}
        parameters = [self.alpha, self.beta]
        for parameter in parameters:
            parameter.grad = torch.zeros_like(parameter)
        if self.controller:
            self.policy_step(valid, p, moment)
        elif not methods.rests(self.parts, moment):
            found = torch.autograd.grad(gradient, [*parameters, *self.weights], retain_graph=True, allow_unused=True)
            of_parameters, slopes = found[:2], found[2:]
            for parameter, slope in zip(parameters, of_parameters):
                parameter.grad = parameter.grad if slope is None else slope.clone()
            if "neumann" in self.parts:
                self.alpha.grad -= self.implicit(train, p, slopes)
            if "oles" in self.parts:
                self.compare(slopes)
            self.opt_a.step()
        return {**done, "grad_alphas": self.alpha.grad, "grad_betas": self.beta.grad}

    def policy_step(self, batch, p, moment):
        """Teaches the controller the accuracy of what it has drawn."""
        right = self.net(batch[0], self.alike(p)).argmax(-1) == batch[1]
        self.alpha.data = self.controller.learn(len(p), moment.random(17), float(right.double().mean()))

    def architecture_loss(self, batch, p, open_, moment):
        """The loss, and the loss of α."""
        if "gumbel_hard" in self.parts:
            with outputs_of_ones(self.net, p):
                loss = self.loss(batch, self.alike(p))
        else:
            loss = self.loss(batch, self.alike(p))
        return loss, loss + methods.architecture_terms(self.parts, self.names, ENDS, self.alpha, open_, moment)

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
        before = [self.alpha.detach().clone(), self.beta.detach().clone()]
        done = self.weight_step(train, moment)
        done.update(self.architecture_step(train, valid, moment))
        alphas, betas = [now.detach() - before for now, before in zip((self.alpha, self.beta), before)]
        return {**done, "moved_alphas": alphas, "moved_betas": betas}


# ---------------------------------------------------------------- golden numbers
def first_entries(tensor, shape):
    """The first entries of a tensor along each dimension."""
    return tensor[tuple(slice(count) for count in shape)]


def supernet(space, settings=None):
    """The supernet of a method, of one cell a stage or three cells in all."""
    k = methods.parts(settings).get("partial_channels", {}).get("k", 1) if settings else 1
    return build(space, 2, {"nb201": 1, "s3": 3}[space], edge=Mixed if k == 1 else partial(PartialMixed, k=k))


def method_steps(space, settings, moment, param, alphas, beta, data):
    """Two steps by a method from a start: what a case stores of them. With partial channels, weights begin as the first
    entries of the others."""
    net = supernet(space, settings)
    weights = named(net)
    param = {name: first_entries(param[name], w.shape) for name, w in weights.items()}
    for name, w in weights.items():
        w.data = param[name].clone()
    search = MethodSearch(space, net, alphas.clone().requires_grad_(), settings, moment, beta)
    policy = search.controller and search.controller.theta.detach().clone()
    done = []
    for i in range(STEPS):
        train, valid = [(data[f"{part}_x"][i], data[f"{part}_y"][i]) for part in ("train", "valid")]
        done.append(search.step(train, valid, replace(moment, step=moment.step + i)))
    beta_names = ["grad_betas", "moved_betas"] if len(search.beta) else []
    tensors = {name: torch.stack([step[name] for step in done])
               for name in ["p_weights", "p_architecture", "grad_alphas", "moved_alphas", *beta_names]}
    tensors["moved"] = torch.cat([(w.detach() - param[name]).flatten()[:FIRST] for name, w in weights.items()])
    if "oles" in search.parts:
        tensors["agreements"] = torch.tensor([sum(window, 0.0) for window in search.agreements.values()])
        tensors["frozen"] = torch.tensor([float(own[0] in search.frozen) for _, own in search.operations()])
    if search.controller:
        tensors["policy_moved"] = search.controller.theta.detach() - policy
        tensors["policy_gradient"] = search.controller.sum
        tensors["policy_baseline"] = torch.tensor([search.controller.baseline])
    scalars = {f"step{i + 1}": {name: step[name] for name in ("loss_train", "loss_valid", "gradient_norm")}
               for i, step in enumerate(done)}
    return tensors, scalars


def methods_start(space, size, batch):
    """Weights, α as those within a search, and a batch a step; and then β of methods with nodes that choose edges."""
    net = supernet(space)
    alphas = torch.randn(sum(edges for edges, _ in net.tables), len(SPACES[space])) / 2
    data = {}
    for part in ("train", "valid"):
        data[f"{part}_x"] = torch.randn(STEPS, batch, 3, size, size)
        data[f"{part}_y"] = torch.randint(0, 10, (STEPS, batch))
    rounded(data["train_x"], data["valid_x"], alphas, *net.parameters())
    betas = {"pc-darts": torch.randn(28) / 2, "dots": torch.randn(38) / 8} if space == "s3" else {}
    rounded(*betas.values())
    return {name: w.detach() for name, w in named(net).items()}, alphas, betas, data


def methods_case(out, space, seed, size=8, batch=4):
    """Two steps by every method, or by those that need two types of cell."""
    out = start(out, seed)
    param, alphas, betas, data = methods_start(space, size, batch)
    settings = METHODS if space == "nb201" else TWO_TYPES
    moments = {name: moment for name, moment in MOMENTS.items() if name in settings}
    edges = sum(map(len, NODES[space]))
    tensors, scalars = {**by_kind("alphas", "", alphas.split(edges)), **under("param", param), **data}, {}
    for name, own in settings.items():
        moment = moments.get(name, MOMENT)
        found, scalars[name] = method_steps(space, own, moment, param, alphas, betas.get(name), data)
        tensors.update(under(name, found))
        if name in betas:
            tensors[f"{name}/betas"] = betas[name]
    cells = 1 if space == "nb201" else 3
    about = {"nb201": "two steps by each method on nb201, 1 cell a stage",
             "s3": "two steps by methods with two types of cell on s3, 3 cells"}
    more = {"methods": settings, "moment": vars(MOMENT), "moments": {name: vars(own) for name, own in moments.items()},
            "lr": LR, "architecture_lr": ARCH_LR, "first": FIRST, "parameter_order": list(param)}
    save_case(out, f"methods_{space}_c2l{cells}s{seed}", f"{about[space]}, {size}x{size}, batch {batch}, weights first",
              tensors, scalars, more, single=None)
