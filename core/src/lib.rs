//! Differentiable neural architecture search with aligned cell gradients: Λ-DARTS (Movahedi et al., ICLR 2023) on
//! [Burn](https://burn.dev).
//!
//! DARTS mixes the candidate operations of every edge by a softmax over architecture parameters α that all cells of a
//! weight-sharing supernet read, and descends α and the weights in turn. With g_l = ∂L/∂p_l, the gradient with respect
//! to the copy of p = softmax(α) that cell l reads,
//!
//! ```text
//! ∂L/∂α = Σ_l J(p)ᵀ g_l,      J(p) = diag(p) − p pᵀ
//! ```
//!
//! so α rests only where the cells cancel or where the softmax is saturated. Λ-DARTS descends `L − λ·Λ` in the weights,
//! where Λ is the mean cosine between the g_l: it makes the cells ask for the same thing.
//!
//! # Map
//! | module | what |
//! |---|---|
//! | [`space`] | what can be searched: operations, cells, macro layouts, genotypes. No tensors |
//! | [`ops`] | the candidate operations |
//! | [`supernet`] | the weight-sharing network, its weights and architecture parameters |
//! | [`alignment`] | Λ, Λ±, their directions and the finite-difference regularizer |
//! | [`saturation`] | what the softmax and the cell gradients look like |
//! | [`search`] | the bilevel search, one step at a time |
//! | [`data`] | image sets, splits, batches |
//! | [`benchmark`] | tables of known results |
//! | [`device`] | where tensors live |

#![warn(missing_docs)]

pub mod alignment;
pub mod benchmark;
pub mod data;
pub mod device;
pub mod ops;
mod random;
pub mod saturation;
pub mod search;
pub mod space;
pub mod supernet;
mod text;
