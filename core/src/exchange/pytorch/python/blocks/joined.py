def joined(mixed, rest):
    """Joins the mixed channels and those that pass by, and shuffles them."""
    if rest.shape[2:] != mixed.shape[2:]:
        rest = nn.functional.max_pool2d(rest, 2, ceil_mode=True)
    return nn.functional.channel_shuffle(torch.cat([mixed, rest], 1), PARTIAL_CHANNELS)
