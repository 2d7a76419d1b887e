# if darts
class MixedOp(nn.Module):
    """Sum of the candidates of an edge, each times its weight."""

    def __init__(self, candidates, channels, stride):
        # if partial
        channels //= PARTIAL_CHANNELS
        # end
        super().__init__()
        self._ops = nn.ModuleList(OPERATIONS[name](channels, stride) for name in candidates)

    def forward(self, x, weights):
        # if partial
        x, rest = x.tensor_split([x.shape[1] // PARTIAL_CHANNELS], 1)
        mixed = sum(weight * operation(x) for weight, operation in zip(weights, self._ops))
        return joined(mixed, rest)
        # else
        return sum(weight * operation(x) for weight, operation in zip(weights, self._ops))
        # end
# else
class MixedOp(nn.ModuleList):
    """Sum of the candidates of an edge, each times its weight."""

    def __init__(self, candidates, channels, stride):
        # if partial
        channels //= PARTIAL_CHANNELS
        # end
        super().__init__(OPERATIONS[name](channels, stride) for name in candidates)

    def forward(self, x, weights):
        # if partial
        x, rest = x.tensor_split([x.shape[1] // PARTIAL_CHANNELS], 1)
        mixed = sum(weight * operation(x) for weight, operation in zip(weights, self))
        return joined(mixed, rest)
        # else
        return sum(weight * operation(x) for weight, operation in zip(weights, self))
        # end
# end
