//! The GPU kernels of [lambda-darts](https://docs.rs/lambda-darts) as WGSL sources, one constant a kernel.
//!
//! A source is complete: the shared parts that a kernel builds on come before it. Each has one compute entry point,
//! `main`, and bindings in group 0; the comment at the head of a source gives its formula and the layout of what it
//! reads. All keep to WebGPU's default limits.
//!
//! Letters are those of the papers: x a feature map, x̂ the same behind its batch norm, m and z the outputs of a
//! depthwise and a dense convolution with the filters D and W, l logits, p operation weights; ∂ stands for the gradient
//! of the loss with respect to what follows, and g for that of a feature map.
//!
//! ```
//! use lambda_darts_shaders::{ALL, POOL};
//!
//! assert!(POOL.contains("fn main("));
//! assert!(ALL.contains(&("pool", POOL)));
//! ```

#![no_std]
#![warn(missing_docs)]

/// Makes a constant of each kernel, `NAME = "file" after ["shared file", …];`, and [`ALL`] of all of them.
macro_rules! kernels {
    ($($(#[$documentation:meta])+ $constant:ident = $name:literal after [$($shared:literal),*];)+) => {
        $(
            $(#[$documentation])+
            pub const $constant: &str = concat!(
                $(include_str!(concat!("../", $shared, ".wgsl")),)*
                include_str!(concat!("../", $name, ".wgsl"))
            );
        )+

        /// Name and source of every kernel.
        pub const ALL: [(&str, &str); [$($name),+].len()] = [$(($name, $constant)),+];
    };
}

// A new kernel is a file beside Cargo.toml and an entry here; `after []` where it shares nothing.
kernels! {
    /// Max pooling `y = max_tap x`, the first of equal values; average pooling `y = Σ_tap x / n` over the n that exist.
    POOL = "pool" after ["common"];
    /// Depthwise convolution: `m[b, c, pixel] = Σ_tap D[c, tap] · relu(x̂)[b, c, pixel·s − p + tap·d]`.
    DEPTHWISE = "depthwise" after ["common"];
    /// Convolution as a product of matrices: `z[b, r, pixel] = Σ_k W[r, k] · relu(x̂)[b, k, pixel]`, `k = (c, tap)`.
    DENSE = "dense" after ["common", "tile"];
    /// Batch statistics of a channel: `μ = Σ x / n`, `σ² = Σ (x − μ)² / n + ε`.
    STATISTICS = "statistics" after ["common", "reduction"];
    /// Mixed sum of a node, or part of a concatenation: `y[b, c, pixel] = m Σ_t coefficient_t · x̂_t[b, c, pixel]`.
    SUM = "sum" after ["common", "factor"];
    /// Global average pooling: `f[b, c] = Σ_pixel relu(x̂)[b, c, pixel] / pixels`.
    FEATURES = "features" after ["common", "reduction"];
    /// Linear layer and cross-entropy: `l = W f + b`, `L_b = −ln softmax(l)[label] / batch`, and `∂l`.
    LOGITS = "logits" after ["common", "reduction"];
    /// Activation pattern: the bit `x̂ > 0` of each number that a ReLU reads, the winning tap of each max pool.
    RECORD = "record" after ["common"];
    /// Gradients of the linear layer, and the loss: `∂W = Σ_b ∂l fᵀ`, `∂b = Σ_b ∂l`, `∂f = Wᵀ ∂l`, `L = Σ_b L_b`.
    HEAD_BACK = "head_back" after ["common"];
    /// Mask of a drop path or of dropout on a gradient, in place: `g[b, c, pixel] ← m · g[b, c, pixel]`.
    MASK = "mask" after ["common", "factor"];
    /// Gradient before a batch norm from the one behind it, in place: `g ← γ/σ · (g − mean(g) − ẑ · mean(g ẑ))`.
    TRANSFORM = "transform" after ["common"];
    /// Sums of a channel for the gradient of a batch norm: `S = Σ g`, `T = Σ g ẑ`, `∂p = γ T + β S`.
    REDUCE = "reduce" after ["common", "reduction"];
    /// Gradient of a convolution's input: `∂m[b, c, pixel] = Σ_k W[r, c, tap] · ∂z[b, r, …]`, `k = (r, tap)`.
    DENSE_BACK = "dense_back" after ["common", "tile"];
    /// Gradient of a feature map: `g(x) = Σ_reader relu′(x̂) · ∂reader/∂x̂`.
    GATHER = "gather" after ["common"];
    /// Gradient of depthwise filters: `∂D[c, tap] = Σ_b Σ_pixel ∂m[b, c, pixel] · relu(x̂)[b, c, pixel·s − p + tap·d]`.
    DEPTHWISE_WEIGHTS = "depthwise_weights" after ["common"];
    /// Gradient of dense filters: `∂W[r, k] = Σ_b Σ_pixel ∂z[b, r, pixel] · relu(x̂)[b, k, pixel]`, `k = (c, tap)`.
    DENSE_WEIGHTS = "dense_weights" after ["common"];
    /// Sum of partial results in their order: `y[i] = Σ_s part_s[i]`.
    TOTAL = "total" after ["common"];
    /// Gradient of a pass, added to that of the state: `g ← g + a ∂ω`.
    ACCUMULATE = "accumulate" after ["state"];
    /// SGD with momentum and L2 decay: `m ← b m + (d g + c ω)`, `ω ← ω − a m`, `g ← 0`; Nesterov's momentum, too.
    SGD = "sgd" after ["state"];
    /// Weights beside the saved ones: `ω ← saved + a g`.
    DISPLACE = "displace" after ["state"];
    /// Parts of a squared norm: `part_k = Σ v[4096 k + i]²`.
    NORM_PARTS = "norm_parts" after ["state", "reduction"];
    /// Squared norm from its parts: `sum = Σ_k part_k`.
    NORM_TOTAL = "norm_total" after ["state", "reduction"];
    /// Statistics of a pass, kept for the running ones.
    KEEP_STATISTICS = "keep_statistics" after ["state"];
    /// Running statistics: `r ← a r + b kept`.
    UPDATE_RUNNING = "update_running" after ["state"];
    /// Readers of all normalized channels by running statistics: `x̂ = (x − r) γ/σ + β`.
    RUNNING_NORMS = "running_norms" after ["state"];
}
