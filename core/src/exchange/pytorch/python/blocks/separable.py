def separable(channels, kernel, stride, dilation=1):
    """ReLU, depthwise convolution, 1x1 convolution and batch norm."""
    window = (kernel, stride, dilation * (kernel // 2), dilation)
    return [
        nn.ReLU(),
        nn.Conv2d(channels, channels, *window, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels, affine=AFFINE),
    ]
