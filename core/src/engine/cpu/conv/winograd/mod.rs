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
//! where p is one of the 36 points. Channels lie in the lanes of the vectors: pixels are transposed on their way in and
//! out. A convolution that is computed like this is called transformed. Only networks without operation weights have such
//! convolutions: those of a supernet stay direct, since its derivatives along directions would need the same transforms for
//! tangents.

mod backward;
mod filter;
mod forward;
mod pixels;
mod tiling;
mod transform;

pub(in super::super) use backward::backward;
pub(in super::super) use filter::Pack;
pub(in super::super) use forward::forward;
pub(in super::super) use tiling::{Grid, Tiling};

/// Pixels of the output a side of a tile.
const TILE: usize = 4;
/// Pixels of the input a side of a tile.
const SPAN: usize = 6;
/// Points of a tile.
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
    rows_read: usize,
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
    eight: Vec<T>,
}
