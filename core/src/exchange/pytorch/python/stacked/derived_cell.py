class Cell(nn.Module):
    """Cell with one operation on every edge; a node is the sum over its edges."""

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
        self.plan = GENOTYPE[cell_type]
        # if darts
        self._ops = nn.ModuleList()
        # else
        self.layers = nn.ModuleList()
        # end
        for name, source in sum(self.plan.nodes, []):
            stride = 2 if cell_type == "reduce" and source < self.plan.inputs else 1
            # if darts
            self._ops.append(OPERATIONS[name](channels, stride))
            # else
            self.layers.append(OPERATIONS[name](channels, stride))
            # end

    def forward(self, before_last, last, drop_path_prob):
        # if two inputs
        states = [self.preprocess0(before_last), self.preprocess1(last)]
        # else
        states = [self.preprocess0(last)]
        # end
        # if darts
        operations = iter(self._ops)
        # else
        operations = iter(self.layers)
        # end
        for node in self.plan.nodes:
            terms = []
            for _, source in node:
                operation = next(operations)
                y = operation(states[source])
                if self.training and drop_path_prob > 0 and not isinstance(operation, nn.Identity):
                    y = drop_path(y, drop_path_prob)
                terms.append(y)
            states.append(sum(terms))
        return torch.cat([states[node] for node in self.plan.output], 1)
