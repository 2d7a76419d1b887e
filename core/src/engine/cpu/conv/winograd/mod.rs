//! Dense 3×3 convolution by Winograd's minimal filtering F(4×4, 3×3), as Lavin and Gray (2016) use it.
//!
//! The output is cut into tiles of 4×4 pixels, each of which reads 6×6 pixels X of the input. With points 0, ±1, ±2
//! and ∞, 36 multiplications take the place of 144:
//!
//! ```text
//! V = Bᵀ X B,  U = G W Gᵀ,  M[p] = Σ_channels U[p] V[p],  Y = Aᵀ M A
//! ∂M = A ∂Y Aᵀ,  ∂U[p] = Σ_tiles ∂M[p] V[p],  ∂W = Gᵀ ∂U G,  ∂V[p] = Σ_rows U[p] ∂M[p],  ∂X = B ∂V Bᵀ
//! ```
//!
//! where p is one of the 36 places. Channels lie in the lanes of the vectors: pixels are transposed on their way in and
//! out. Networks without operation weights alone compute their convolutions like this. In a supernet they stay direct,
//! since its derivatives along directions would need the same transforms for tangents.

mod backward;
mod filter;
mod forward;
mod pixels;
mod tiling;
mod transform;

pub(in super::super) use backward::backward;
pub(in super::super) use filter::Pack;
pub(in super::super) use forward::forward;
pub(in super::super) use tiling::Tiling;

/// Pixels a side of a tile, of what it reads, and the number of products for each channel of both.
const TILE: usize = 4;
const SPAN: usize = 6;
pub(in super::super) const POINTS: usize = SPAN * SPAN;

/// Buffers of transformed convolutions. Pixels are `[images, rows, columns, channels]`, padded; points are
/// `[36, tiles, channels]`, of one block of tiles.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Tiles<T> {
    /// Pixels of the input.
    input: Vec<T>,
    /// Key of the input that `input` holds, so that convolutions with the same input share it.
    pub(in super::super) input_of: Option<super::super::context::Held>,
    /// Rows of it that `input` holds, from the first on.
    read: usize,
    /// Pixels of the input's gradient.
    d_input: Vec<T>,
    /// Pixels of the output, or of its gradient.
    output: Vec<T>,
    /// V and ∂V.
    v: Vec<T>,
    d_v: Vec<T>,
    /// M or ∂M.
    m: Vec<T>,
    /// ∂U, `[36, rows, channels]`.
    d_filter: Vec<T>,
    /// Eight channels as they lie in a feature map.
    rows: Vec<T>,
}
