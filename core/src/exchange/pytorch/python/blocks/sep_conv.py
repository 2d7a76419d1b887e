class SepConv(nn.Module):
    """Depthwise separable convolution, twice."""

    def __init__(self, channels, kernel, stride):
        super().__init__()
        first, second = separable(channels, kernel, stride), separable(channels, kernel, 1)
        self.op = nn.Sequential(*first, *second)

    def forward(self, x):
        return self.op(x)
