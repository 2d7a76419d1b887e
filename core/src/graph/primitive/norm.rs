//! Batch normalization.

/// ε of every batch norm, that of PyTorch's default.
pub(crate) const EPSILON: f64 = 1e-5;

/// Batch norm `x̂ = (x − μ)/√(σ² + ε) · γ + β` over batch, height and width of each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Norm {
    /// First channel within all normalized channels.
    pub offset: usize,
    /// Offsets within ω of scale γ and shift β; without them γ = 1 and β = 0.
    pub affine: Option<[usize; 2]>,
}
