# if darts
class MixedOp(nn.Module):
    """Sum of the candidates of an edge, each times its weight."""

    def __init__(self, candidates, channels, stride):
        super().__init__()
        self._ops = nn.ModuleList(OPERATIONS[name](channels, stride) for name in candidates)

    def forward(self, x, weights):
        return sum(weight * operation(x) for weight, operation in zip(weights, self._ops))
# else
class MixedOp(nn.ModuleList):
    """Sum of the candidates of an edge, each times its weight."""

    def __init__(self, candidates, channels, stride):
        super().__init__(OPERATIONS[name](channels, stride) for name in candidates)

    def forward(self, x, weights):
        return sum(weight * operation(x) for weight, operation in zip(weights, self))
# end
