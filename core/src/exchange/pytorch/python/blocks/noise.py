class Noise(nn.Module):
    """Standard normal noise in place of the input."""

    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return torch.randn_like(x[:, :, :: self.stride, :: self.stride])
