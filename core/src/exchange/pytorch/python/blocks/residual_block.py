class ResidualBlock(nn.Module):
    """Fixed block between two stages: half the height and width, more channels."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_a = ReLUConvBN(inputs, outputs, 3, stride=2, affine=True)
        self.conv_b = ReLUConvBN(outputs, outputs, 3, affine=True)
        self.downsample = nn.Sequential(
            nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(inputs, outputs, 1, bias=False)
        )

    def forward(self, x):
        return self.downsample(x) + self.conv_b(self.conv_a(x))
