def drop_path(x, probability):
    """Zeros for some images of a batch; for the others, x scaled up by as much."""
    keep = 1.0 - probability
    return x / keep * x.new_empty(x.shape[0], 1, 1, 1).bernoulli_(keep)
