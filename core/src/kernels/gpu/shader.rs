//! The sources of all kernels.

/// What a piece of work does, in the order in which kinds are preferred when several are ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Pool,
    Depthwise,
    Dense,
    Statistics,
    Sum,
    Features,
    Logits,
    Record,
    HeadBack,
    Transform,
    Reduce,
    DenseBack,
    Gather,
    DepthwiseWeights,
    DenseWeights,
    Total,
}

pub(super) const KINDS: [Kind; 16] = [
    Kind::Pool,
    Kind::Depthwise,
    Kind::Dense,
    Kind::Statistics,
    Kind::Sum,
    Kind::Features,
    Kind::Logits,
    Kind::Record,
    Kind::HeadBack,
    Kind::Transform,
    Kind::Reduce,
    Kind::DenseBack,
    Kind::Gather,
    Kind::DepthwiseWeights,
    Kind::DenseWeights,
    Kind::Total,
];

macro_rules! source {
    ($name:literal) => {
        concat!(include_str!("../../../../shaders/common.wgsl"), include_str!(concat!("../../../../shaders/", $name)))
    };
    ($name:literal, $shared:literal) => {
        concat!(
            include_str!("../../../../shaders/common.wgsl"),
            include_str!(concat!("../../../../shaders/", $shared)),
            include_str!(concat!("../../../../shaders/", $name))
        )
    };
}

impl Kind {
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Pool => source!("pool.wgsl"),
            Self::Depthwise => source!("depthwise.wgsl"),
            Self::Dense => source!("dense.wgsl", "tile.wgsl"),
            Self::Statistics => source!("statistics.wgsl", "reduction.wgsl"),
            Self::Sum => source!("sum.wgsl"),
            Self::Features => source!("features.wgsl", "reduction.wgsl"),
            Self::Logits => source!("logits.wgsl", "reduction.wgsl"),
            Self::Record => source!("record.wgsl"),
            Self::HeadBack => source!("head_back.wgsl"),
            Self::Transform => source!("transform.wgsl"),
            Self::Reduce => source!("reduce.wgsl", "reduction.wgsl"),
            Self::DenseBack => source!("dense_back.wgsl", "tile.wgsl"),
            Self::Gather => source!("gather.wgsl"),
            Self::DepthwiseWeights => source!("depthwise_weights.wgsl"),
            Self::DenseWeights => source!("dense_weights.wgsl"),
            Self::Total => source!("total.wgsl"),
        }
    }
}
