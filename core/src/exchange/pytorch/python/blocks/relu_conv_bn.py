class ReLUConvBN(nn.Module):
    """ReLU, convolution and batch norm."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, affine=AFFINE):
        super().__init__()
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.op = nn.Sequential(nn.ReLU(), conv, nn.BatchNorm2d(outputs, affine=affine))

    def forward(self, x):
        return self.op(x)
