def alphas(cell_type):
    """Draws architecture parameters, a row an edge; rows of fewer candidates end in -1e30."""
    rows = [CANDIDATES[k] for _, _, k in CELL_TYPES[cell_type].edges]
    table = 1e-3 * torch.randn(len(rows), max(map(len, rows)))
    for row, names in zip(table, rows):
        row[len(names) :] = -1e30
    return nn.Parameter(table)
