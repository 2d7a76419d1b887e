class AuxiliaryHead(nn.Module):
    """Second classifier, which trains the lower cells."""

    def __init__(self, inputs, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.ReLU(),
            # if imagenet
            nn.AvgPool2d(5, 2),
            # else
            nn.AvgPool2d(5, 3),
            # end
            nn.Conv2d(inputs, 128, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 768, 2, bias=False),
            # if imagenet
            # else
            nn.BatchNorm2d(768),
            # end
            nn.ReLU(),
        )
        self.classifier = nn.Linear(768, classes)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))
