//! Assembly of a Python module from the pieces in `python/`.
//!
//! The lines of a piece between `# if NAME` and `# end` are those of networks with a property; lines after `# else` are
//! those of the others.

use super::SupernetForm;
use super::literal::escaped;
use crate::graph::NetworkSize;
use crate::space::{MacroLayout, OperationStyle, Space};

const IMPORTS: &str = include_str!("python/imports.py");
const COMMAND: &str = include_str!("python/command.py");
const STAGED: Layout = Layout {
    network: include_str!("python/staged/network.py"),
    derived_cell: include_str!("python/staged/derived_cell.py"),
    supernet_cell: include_str!("python/staged/supernet_cell.py"),
};
const STACKED: Layout = Layout {
    network: include_str!("python/stacked/network.py"),
    derived_cell: include_str!("python/stacked/derived_cell.py"),
    supernet_cell: include_str!("python/stacked/supernet_cell.py"),
};

/// Classes and functions that networks may need, each by the text of its use. A block uses none that
/// stands after it.
const BLOCKS: [(&str, &str); 17] = [
    ("ReLUConvBN", include_str!("python/blocks/relu_conv_bn.py")),
    ("FactorizedReduce", include_str!("python/blocks/factorized_reduce.py")),
    ("SkipReduce(", include_str!("python/blocks/skip_reduce.py")),
    ("separable(", include_str!("python/blocks/separable.py")),
    ("SepConv(", include_str!("python/blocks/sep_conv.py")),
    ("DilConv(", include_str!("python/blocks/dil_conv.py")),
    ("conv_7x1_1x7(", include_str!("python/blocks/conv_7x1_1x7.py")),
    ("norm(", include_str!("python/blocks/norm.py")),
    ("Zero(", include_str!("python/blocks/zero.py")),
    ("Noise(", include_str!("python/blocks/noise.py")),
    ("drop_path(", include_str!("python/blocks/drop_path.py")),
    ("joined(", include_str!("python/blocks/joined.py")),
    ("MixedOp(", include_str!("python/blocks/mixed_op.py")),
    ("alphas(", include_str!("python/blocks/alphas.py")),
    ("betas(", include_str!("python/blocks/betas.py")),
    ("ResidualBlock(", include_str!("python/blocks/residual_block.py")),
    ("AuxiliaryHead(", include_str!("python/blocks/auxiliary_head.py")),
];

/// Pieces of a macro layout.
struct Layout {
    network: &'static str,
    derived_cell: &'static str,
    supernet_cell: &'static str,
}

/// Python module before it is a text.
pub(super) struct Module<'a> {
    pub(super) space: &'a Space,
    pub(super) size: NetworkSize,
    pub(super) derived: bool,
    pub(super) auxiliary: bool,
    /// Form of the mixed operations; that of a derived network has no effect.
    pub(super) form: SupernetForm,
    /// Number of weights.
    pub(super) parameters: usize,
    /// Genotype or cell types, as Python data.
    pub(super) data: String,
    /// Operations, as a Python dictionary.
    pub(super) operations: String,
}

impl Module<'_> {
    /// Source of the module.
    pub(super) fn source(&self) -> String {
        let properties = self.properties();
        let Layout { network, derived_cell, supernet_cell } =
            if self.space.layout == MacroLayout::Staged { STAGED } else { STACKED };
        let cell = if self.derived { derived_cell } else { supernet_cell };
        let [cell, network] = [cell, network].map(|text| piece(text, &properties));
        let classes = format!("{}\n\n{cell}\n\n{network}", self.operations);
        let classes = BLOCKS.iter().rev().fold(classes, |classes, &(used, block)| {
            if classes.contains(used) { format!("{}\n\n{classes}", piece(block, &properties)) } else { classes }
        });
        let (documentation, constants, constructor) = (self.documentation(), self.constants(), self.constructor());
        let data = &self.data;
        format!("{documentation}\n{IMPORTS}\n{data}{constants}\n\n{classes}\n\n{constructor}\n\n{COMMAND}")
    }

    /// Properties that the lines of pieces depend on.
    fn properties(&self) -> Vec<&'static str> {
        let imagenet = self.space.layout == MacroLayout::ImageNet;
        let reduce = self.space.cell_types.len() > 1;
        let all = [
            ("derived", self.derived),
            ("supernet", !self.derived),
            ("auxiliary", self.auxiliary),
            ("partial", self.form.partial_channels.is_some()),
            ("edges", self.form.edge_normalization),
            ("darts", self.space.style == OperationStyle::Darts),
            ("imagenet", imagenet),
            ("reduce", reduce),
            ("shrinks", reduce || imagenet),
            ("two inputs", self.space.cell_types.iter().any(|cell_type| cell_type.inputs == 2)),
        ];
        all.into_iter().filter_map(|(name, holds)| holds.then_some(name)).collect()
    }

    fn documentation(&self) -> String {
        let NetworkSize { channels, cells, image_channels, classes } = self.size;
        let what = if self.derived { "Network of a genotype" } else { "Supernet" };
        let each = if self.space.layout == MacroLayout::Staged { " a stage" } else { "" };
        let (name, parameters) = (escaped(&self.space.name), self.parameters);
        format!(
            "\"\"\"{what} of the search space \"{name}\", in PyTorch.\n\n\
             It has {channels} channels, {cells} cells{each} and {parameters} weights, for {classes} classes.\n\n  \
             model = load(\"WEIGHTS.safetensors\")\n  \
             python network.py WEIGHTS.safetensors IMAGES.safetensors\n\n\
             The latter prints the logits of the tensor `images` [N, {image_channels}, height, width] as JSON.\n\
             \"\"\"\n"
        )
    }

    fn constants(&self) -> String {
        let affine = if self.derived {
            "AFFINE = True  # Batch norms have scale and shift.\n"
        } else {
            "AFFINE = False  # Batch norms of searched cells have no scale and shift.\n"
        };
        let partial = self.form.partial_channels.map_or_else(String::new, |k| {
            format!("PARTIAL_CHANNELS = {k}  # Candidates read the first of so many equal parts of the channels.\n")
        });
        match self.space.layout {
            MacroLayout::Stacked { stem_multiplier } => {
                format!(
                    "{affine}{partial}STEM_MULTIPLIER = {stem_multiplier}  # Width of the stem over the channels.\n"
                )
            }
            MacroLayout::ImageNet | MacroLayout::Staged => format!("{affine}{partial}"),
        }
    }

    fn constructor(&self) -> String {
        let NetworkSize { channels, cells, image_channels, classes } = self.size;
        let size = format!("channels={channels}, cells={cells}, image_channels={image_channels}, classes={classes}");
        format!(
            "def network():\n    \"\"\"Builds the network with initial weights.\"\"\"\n    return Network({size})\n"
        )
    }
}

/// Lines of a piece that hold for a network with these properties.
fn piece(text: &str, properties: &[&str]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut conditions: Vec<bool> = Vec::new();
    for line in text.lines() {
        match line.trim_start() {
            "# else" => {
                if let Some(holds) = conditions.last_mut() {
                    *holds = !*holds;
                }
            }
            "# end" => {
                conditions.pop();
            }
            start => {
                if let Some(property) = start.strip_prefix("# if ") {
                    conditions.push(properties.contains(&property));
                } else if conditions.iter().all(|&holds| holds) {
                    kept.extend([line, "\n"]);
                }
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_follow_the_properties() {
        let text =
            "a\n    # if x\n    b\n    # if y\n    c\n    # else\n    d\n    # end\n    # else\n    e\n    # end\nf\n";
        assert_eq!(piece(text, &[]), "a\n    e\nf\n");
        assert_eq!(piece(text, &["x"]), "a\n    b\n    d\nf\n");
        assert_eq!(piece(text, &["y"]), "a\n    e\nf\n");
        assert_eq!(piece(text, &["x", "y"]), "a\n    b\n    c\nf\n");
    }
}
