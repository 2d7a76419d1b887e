class SkipReduce(nn.Module):
    """Skip connection of stride 2: two 1x1 convolutions, the second one pixel further on."""

    def __init__(self, channels):
        super().__init__()
        outputs = (channels // 2, channels - channels // 2)
        self.convs = nn.ModuleList(nn.Conv2d(channels, c, 1, stride=2, bias=False) for c in outputs)
        self.bn = nn.BatchNorm2d(channels, affine=AFFINE)

    def forward(self, x):
        x = x.relu()
        shifted = nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        return self.bn(torch.cat([self.convs[0](x), self.convs[1](shifted)], 1))
