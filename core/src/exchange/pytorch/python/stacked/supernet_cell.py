class Cell(nn.Module):
    """Cell with a mixed operation on every edge; a node is the sum over its edges."""

    def __init__(self, cell_type, channels, before_last, last, last_reduced):
        super().__init__()
        # if two inputs
        # if shrinks
        block = FactorizedReduce if last_reduced else ReLUConvBN
        self.preprocess0 = block(before_last, channels)
        # else
        self.preprocess0 = ReLUConvBN(before_last, channels)
        # end
        self.preprocess1 = ReLUConvBN(last, channels)
        # else
        self.preprocess0 = ReLUConvBN(last, channels)
        # end
        self.cell_type, self.plan = cell_type, CELL_TYPES[cell_type]
        # if darts
        self._ops = nn.ModuleList()
        # else
        self.edges = nn.ModuleDict()
        # end
        for source, node, k in self.plan.edges:
            stride = 2 if cell_type == "reduce" and source < self.plan.inputs else 1
            # if darts
            self._ops.append(MixedOp(CANDIDATES[k], channels, stride))
            # else
            self.edges[f"{node}<-{source}"] = MixedOp(CANDIDATES[k], channels, stride)
            # end

    def forward(self, before_last, last, weights):
        # if two inputs
        states = [self.preprocess0(before_last), self.preprocess1(last)]
        # else
        states = [self.preprocess0(last)]
        # end
        # if darts
        mixed = self._ops
        # else
        mixed = self.edges.values()
        # end
        for node in range(self.plan.inputs, self.plan.inputs + self.plan.nodes):
            # if edges
            edges = zip(self.plan.edges, mixed, *weights)
            terms = [s * edge(states[i], p) for (i, to, _), edge, p, s in edges if to == node]
            # else
            edges = zip(self.plan.edges, mixed, weights)
            terms = [edge(states[source], p) for (source, to, _), edge, p in edges if to == node]
            # end
            states.append(sum(terms))
        return torch.cat([states[node] for node in self.plan.output], 1)
