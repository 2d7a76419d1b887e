//! Fixed blocks around the searched cells.

mod auxiliary;
mod drop_path;
mod dropout;
mod factorized_reduce;
mod imagenet_stem;
mod relu_conv_norm;
mod residual;
mod stem;

pub(super) use auxiliary::auxiliary_head;
pub(super) use drop_path::drop_path;
pub(super) use dropout::dropout;
pub(super) use factorized_reduce::factorized_reduce;
pub(super) use imagenet_stem::imagenet_stem;
pub(super) use relu_conv_norm::relu_conv_norm;
pub(super) use residual::residual;
pub(super) use stem::stem;
