"""The controller of ENAS: an LSTM draws one candidate of each edge after the other, and learns by REINFORCE."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from draws import Stream

# Purpose of the draw of the first weights.
FIRST = 24
BETAS, CLIP = (0.0, 0.999), 5.0


class Controller:
    """`theta` has all weights in a row: the first input; of each layer the matrices of input and state and a bias, with
    the gates input, forget, cell and output; embeddings of the candidates; the matrix and the bias of the logits."""

    def __init__(self, settings, options, seed):
        self.settings, self.options, hidden = settings, options, settings["hidden"]
        self.sizes = [hidden, *[4 * hidden * hidden, 4 * hidden * hidden, 4 * hidden] * settings["layers"],
                      options * hidden, options * hidden, options]
        random = Stream.of_step(seed, 0, FIRST)
        self.theta = torch.tensor([0.1 * (2 * random.uniform() - 1) for _ in range(sum(self.sizes))]).requires_grad_()
        self.adam = torch.optim.Adam([self.theta], settings["lr"], betas=BETAS)
        self.sum, self.rewards, self.baseline = torch.zeros_like(self.theta), 0, None

    def walk(self, edges, choose):
        """Draws a candidate of every edge: the choices, their logits, the sum of ln π, and the entropy."""
        hidden, layers = self.settings["hidden"], self.settings["layers"]
        first, *rest = self.theta.split(self.sizes)
        cells, (embedding, output, bias) = rest[: 3 * layers], rest[3 * layers:]
        states = [(torch.zeros(hidden), torch.zeros(hidden))] * layers
        x, chosen, all_logits, log, entropy = first, [], [], 0.0, 0.0
        for _ in range(edges):
            for layer in range(layers):
                of_x, of_h, b = cells[3 * layer:][:3]
                h, c = states[layer]
                i, f, g, o = (of_x.view(-1, hidden) @ x + of_h.view(-1, hidden) @ h + b).chunk(4)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                x = torch.sigmoid(o) * torch.tanh(c)
                states[layer] = x, c
            z = output.view(-1, hidden) @ x + bias
            logits = self.settings["bound"] * torch.tanh(z / self.settings["temperature"])
            own = F.log_softmax(logits, -1)
            chosen.append(choose(own.exp().tolist()))
            all_logits.append(logits.detach())
            log, entropy = log + own[chosen[-1]], entropy - (own.exp() * own).sum().detach()
            x = embedding.view(-1, hidden)[chosen[-1]]
        return chosen, torch.stack(all_logits), log, entropy

    def sample(self, like, random):
        """p that reads the choices."""
        chosen, *_ = self.walk(len(like), random.categorical)
        return F.one_hot(torch.tensor(chosen), self.options).to(like.dtype)

    def learn(self, edges, random, accuracy):
        """Learns the reward of what the same random numbers have drawn. Returns the logits of the likeliest choices."""
        own = self.settings
        _, _, log, entropy = self.walk(edges, random.categorical)
        reward = accuracy + own["entropy"] * float(entropy)
        before = reward if self.baseline is None else self.baseline
        self.baseline = before - (1 - own["baseline"]) * (before - reward)
        advantage = (reward - self.baseline) / own["aggregate"]
        self.sum -= advantage * torch.autograd.grad(log, self.theta)[0]
        self.rewards += 1
        if self.rewards >= own["aggregate"]:
            self.theta.grad = self.sum
            nn.utils.clip_grad_norm_([self.theta], CLIP)
            self.adam.step()
            self.sum, self.rewards = torch.zeros_like(self.theta), 0
        return self.walk(edges, lambda p: p.index(max(p)))[1]
