class Cell(nn.Module):
    """Cell with one operation on every edge; a node is the sum over its edges."""

    def __init__(self, channels):
        super().__init__()
        self.plan = GENOTYPE["normal"]
        names = [name for node in self.plan.nodes for name, _ in node]
        # if darts
        self._ops = nn.ModuleList(OPERATIONS[name](channels, 1) for name in names)
        # else
        self.layers = nn.ModuleList(OPERATIONS[name](channels, 1) for name in names)
        # end

    def forward(self, x):
        states = [x]
        # if darts
        operations = iter(self._ops)
        # else
        operations = iter(self.layers)
        # end
        for node in self.plan.nodes:
            states.append(sum(next(operations)(states[source]) for _, source in node))
        return torch.cat([states[node] for node in self.plan.output], 1)
