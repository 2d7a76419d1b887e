//! Kinds of work and their kernels.

use lambda_darts_shaders as shaders;

/// Kind of a piece of work, in the order in which kinds are preferred when several are ready.
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
    Mask,
    Transform,
    Reduce,
    DenseBack,
    Gather,
    DepthwiseWeights,
    DenseWeights,
    Total,
}

/// Every kind with its kernel.
pub(super) const KERNELS: [(Kind, &str); 17] = [
    (Kind::Pool, shaders::POOL),
    (Kind::Depthwise, shaders::DEPTHWISE),
    (Kind::Dense, shaders::DENSE),
    (Kind::Statistics, shaders::STATISTICS),
    (Kind::Sum, shaders::SUM),
    (Kind::Features, shaders::FEATURES),
    (Kind::Logits, shaders::LOGITS),
    (Kind::Record, shaders::RECORD),
    (Kind::HeadBack, shaders::HEAD_BACK),
    (Kind::Mask, shaders::MASK),
    (Kind::Transform, shaders::TRANSFORM),
    (Kind::Reduce, shaders::REDUCE),
    (Kind::DenseBack, shaders::DENSE_BACK),
    (Kind::Gather, shaders::GATHER),
    (Kind::DepthwiseWeights, shaders::DEPTHWISE_WEIGHTS),
    (Kind::DenseWeights, shaders::DENSE_WEIGHTS),
    (Kind::Total, shaders::TOTAL),
];

/// Kernel on the state: vectors of the length of ω, and running statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StateKernel {
    Accumulate,
    Sgd,
    Displace,
    NormParts,
    NormTotal,
    KeepStatistics,
    UpdateRunning,
    RunningNorms,
}

/// Every kernel on the state.
pub(super) const STATE_KERNELS: [(StateKernel, &str); 8] = [
    (StateKernel::Accumulate, shaders::ACCUMULATE),
    (StateKernel::Sgd, shaders::SGD),
    (StateKernel::Displace, shaders::DISPLACE),
    (StateKernel::NormParts, shaders::NORM_PARTS),
    (StateKernel::NormTotal, shaders::NORM_TOTAL),
    (StateKernel::KeepStatistics, shaders::KEEP_STATISTICS),
    (StateKernel::UpdateRunning, shaders::UPDATE_RUNNING),
    (StateKernel::RunningNorms, shaders::RUNNING_NORMS),
];
