class Network(nn.Module):
    """Three stages of cells with a residual block between them."""

    def __init__(self, channels, cells, image_channels, classes):
        super().__init__()
        # if supernet
        self.alphas_normal = alphas("normal")
        # if edges
        self.betas_normal = betas("normal")
        # end
        # end
        self.stem = nn.Sequential(
            nn.Conv2d(image_channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        self.cells = nn.ModuleList()
        for stage in range(3):
            if stage > 0:
                self.cells.append(ResidualBlock(channels, 2 * channels))
                channels *= 2
            self.cells.extend(Cell(channels) for _ in range(cells))
        self.lastact = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.classifier = nn.Linear(channels, classes)

    def forward(self, images):
        x = self.stem(images)
        # if supernet
        weights = self.alphas_normal.softmax(1)
        # if edges
        weights = weights, edge_weights("normal", self.betas_normal)
        # end
        for block in self.cells:
            x = block(x, weights) if isinstance(block, Cell) else block(x)
        # else
        for block in self.cells:
            x = block(x)
        # end
        return self.classifier(self.lastact(x).mean((2, 3)))
