def betas(cell_type):
    """Draws edge parameters."""
    return nn.Parameter(1e-3 * torch.randn(len(CELL_TYPES[cell_type].edges)))


def edge_weights(cell_type, beta):
    """Softmax over the edges into each node."""
    nodes = torch.tensor([node for _, node, _ in CELL_TYPES[cell_type].edges], device=beta.device)
    apart = nodes[:, None] != nodes[None, :]
    return beta.expand(len(nodes), -1).masked_fill(apart, float("-inf")).softmax(1).diagonal()
