//! The network that is trained from scratch with a found cell.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use lambda_darts::graph::{Cost, NetworkError, NetworkSize};
use lambda_darts::space::{Genotype, MacroLayout, Space};
use serde_json::{Value, json};

use crate::environment::Environment;

/// Side in pixels from which images are large.
const LARGE: u16 = 96;

/// The network to be trained from scratch, and its cost.
pub(crate) struct Network {
    pub(crate) layout: MacroLayout,
    pub(crate) size: NetworkSize,
    pub(crate) side: u16,
    pub(crate) cost: Cost,
}

/// Images that a network is for.
#[derive(Clone, Copy)]
pub(crate) struct ImageShape {
    pub(crate) channels: usize,
    /// Height and width in pixels.
    pub(crate) side: u16,
    pub(crate) classes: usize,
}

impl ImageShape {
    /// Images of CIFAR-10.
    pub(crate) const CIFAR: Self = Self { channels: 3, side: 32, classes: 10 };
    /// Images of ImageNet.
    pub(crate) const IMAGENET: Self = Self { channels: 3, side: 224, classes: 1000 };

    /// Images of a run; those of CIFAR-10 if its environment does not tell.
    pub(crate) fn of_run(run: &Path) -> Self {
        let images = Environment::read(run).ok().and_then(|environment| environment.data);
        let shape = images.and_then(|images| {
            let side = u16::try_from(images.size[0]).ok().filter(|&side| side > 0)?;
            Some(Self { channels: images.channels, side, classes: images.classes.len() })
        });
        shape.unwrap_or(Self::CIFAR)
    }
}

impl Network {
    /// Makes the network of the papers for the images of a run.
    pub(crate) fn published(space: &Space, genotype: &Genotype, shape: ImageShape) -> Result<Self, NetworkError> {
        let size = NetworkSize::published(space.layout, shape.channels, shape.classes);
        Self::new(space, genotype, size, shape.side)
    }

    pub(crate) fn new(space: &Space, genotype: &Genotype, size: NetworkSize, side: u16) -> Result<Self, NetworkError> {
        let cost = Cost::derived(space, genotype, size, [side.into(); 2])?;
        Ok(Self { layout: space.layout, size, side, cost })
    }

    /// Returns true if the images are larger than those of the layout.
    pub(crate) fn has_large_images(&self) -> bool {
        matches!(self.layout, MacroLayout::Stacked { .. }) && self.side >= LARGE
    }

    pub(crate) fn json(&self) -> Value {
        let Self { size: NetworkSize { channels, cells, image_channels, classes }, side, cost, .. } = self;
        let Cost { parameters, multiply_adds } = cost;
        json!({ "channels": channels, "cells": cells, "classes": classes, "image": [*image_channels, *side, *side],
            "parameters": parameters, "multiply_adds": multiply_adds })
    }
}

impl Display for Network {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { size: NetworkSize { channels, cells, image_channels, classes }, side, cost, .. } = self;
        let [parameters, multiply_adds] = [cost.parameters, cost.multiply_adds].map(grouped);
        let of_each = if self.layout == MacroLayout::Staged { " a stage" } else { "" };
        write!(
            out,
            "its network, with {channels} channels and {cells} cells{of_each}, on images of {image_channels}×{side}×{side} \
             in {classes} classes: {parameters} parameters, {multiply_adds} multiply-adds"
        )
    }
}

/// Formats a number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let threes: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    threes.join(",")
}
