class DilConv(nn.Module):
    """Depthwise separable convolution of dilation 2."""

    def __init__(self, channels, kernel, stride):
        super().__init__()
        self.op = nn.Sequential(*separable(channels, kernel, stride, dilation=2))

    def forward(self, x):
        return self.op(x)
