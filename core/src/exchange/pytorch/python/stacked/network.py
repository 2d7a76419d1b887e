class Network(nn.Module):
    # if derived
    """Chain of cells. Training leaves operations out with the probability `drop_path_prob`."""
    # else
    """Chain of cells. All cells of a type share a table of architecture parameters."""
    # end

    def __init__(self, channels, cells, image_channels, classes):
        super().__init__()
        # if supernet
        self.alphas_normal = alphas("normal")
        # if edges
        self.betas_normal = betas("normal")
        # end
        # if reduce
        self.alphas_reduce = alphas("reduce")
        # if edges
        self.betas_reduce = betas("reduce")
        # end
        # end
        # else
        self.drop_path_prob = 0.0
        # end
        # if imagenet
        self.stem0 = nn.Sequential(
            nn.Conv2d(image_channels, max(channels // 2, 1), 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(max(channels // 2, 1)),
            nn.ReLU(),
            nn.Conv2d(max(channels // 2, 1), channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.stem1 = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )
        before_last = last = channels
        last_reduced = True
        # else
        before_last = last = STEM_MULTIPLIER * channels
        last_reduced = False
        self.stem = nn.Sequential(
            nn.Conv2d(image_channels, last, 3, padding=1, bias=False), nn.BatchNorm2d(last)
        )
        # end
        self.cells = nn.ModuleList()
        for i in range(cells):
            # if reduce
            cell_type = "reduce" if i in (cells // 3, 2 * cells // 3) else "normal"
            channels *= 2 if cell_type == "reduce" else 1
            # else
            cell_type = "normal"
            # end
            cell = Cell(cell_type, channels, before_last, last, last_reduced)
            self.cells.append(cell)
            before_last, last = last, len(cell.plan.output) * channels
            last_reduced = cell_type == "reduce"
            # if auxiliary
            if i == 2 * cells // 3:
                self.auxiliary_head = AuxiliaryHead(last, classes)
            # end
        self.classifier = nn.Linear(last, classes)

    def forward(self, images):
        # if auxiliary
        """Logits; in training those of the auxiliary head too."""
        # end
        # if imagenet
        before_last = self.stem0(images)
        last = self.stem1(before_last)
        # else
        before_last = last = self.stem(images)
        # end
        # if supernet
        weights = {"normal": self.alphas_normal.softmax(1)}
        # if reduce
        weights["reduce"] = self.alphas_reduce.softmax(1)
        # end
        # if edges
        weights["normal"] = weights["normal"], edge_weights("normal", self.betas_normal)
        # if reduce
        weights["reduce"] = weights["reduce"], edge_weights("reduce", self.betas_reduce)
        # end
        # end
        for cell in self.cells:
            before_last, last = last, cell(before_last, last, weights[cell.cell_type])
        # else
        # if auxiliary
        for i, cell in enumerate(self.cells):
            before_last, last = last, cell(before_last, last, self.drop_path_prob)
            if self.training and i == 2 * len(self.cells) // 3:
                auxiliary = self.auxiliary_head(last)
        # else
        for cell in self.cells:
            before_last, last = last, cell(before_last, last, self.drop_path_prob)
        # end
        # end
        # if auxiliary
        logits = self.classifier(last.mean((2, 3)))
        return (logits, auxiliary) if self.training else logits
        # else
        return self.classifier(last.mean((2, 3)))
        # end
