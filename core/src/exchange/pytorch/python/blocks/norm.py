def norm(pool, channels):
    """Pool and batch norm without scale and shift."""
    return nn.Sequential(pool, nn.BatchNorm2d(channels, affine=False))
