//! State of a training.

use serde::{Deserialize, Serialize};

use crate::data::ImageData;
use crate::session::{SavedState, SessionError, Tensors};

/// Maximum height and width of images.
const MAX_SIDE: usize = 1 << 16;

/// State of a training: weights, momentum and running statistics as named tensors, and the sums of the epoch.
///
/// | tensor | content |
/// |---|---|
/// | the name of a parameter, such as `stem.0.weight` | the parameter |
/// | `momentum.` and the name of a parameter | its momentum |
/// | the name of a batch norm and `.running_mean` or `.running_var` | its running statistics |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingState {
    #[serde(default, skip_serializing_if = "Tensors::is_empty")]
    pub(super) tensors: Tensors,
    pub(super) sums: Sums,
    pub(super) images: Images,
    pub(super) test_accuracy: f64,
}

/// Sums of the epoch so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sums {
    pub(super) loss: f64,
    pub(super) gradient_norm: f64,
    /// Number of steps whose gradient was clipped.
    pub(super) clipped: usize,
    /// Number of training images that the network classified correctly, and of all.
    pub(super) correct: usize,
    pub(super) images: usize,
}

/// Images that the network is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Images {
    /// Names of the classes.
    pub(super) classes: Vec<String>,
    /// Channels, height and width.
    pub(super) shape: [usize; 3],
    /// Mean and standard deviation of each channel; pixels go from 0 to 1.
    pub(super) mean: Vec<f32>,
    pub(super) std: Vec<f32>,
}

impl Images {
    pub(super) fn of(data: &ImageData) -> Self {
        Self {
            classes: data.classes().to_vec(),
            shape: [data.channels(), data.height(), data.width()],
            mean: data.mean().to_vec(),
            std: data.std().to_vec(),
        }
    }

    /// Checks that the images have pixels, not too many, and that there is a mean and a standard deviation for each channel.
    pub(super) fn check(&self) -> Result<(), SessionError> {
        let [channels, height, width] = self.shape;
        let wrong = |what: String| Err(SessionError::State(what));
        if self.shape.contains(&0) || height.max(width) > MAX_SIDE {
            return wrong(format!("it is for images of {channels} channels and {height}×{width} pixels"));
        }
        match [&self.mean, &self.std].map(Vec::len) {
            [means, deviations] if means != channels || deviations != channels => wrong(format!(
                "it has {means} means and {deviations} standard deviations for images of {channels} channels"
            )),
            _ => Ok(()),
        }?;
        let usable = self.mean.iter().all(|mean| mean.is_finite())
            && self.std.iter().all(|&deviation| deviation.is_finite() && deviation > 0.0);
        if usable { Ok(()) } else { wrong("its means and standard deviations normalize no image".to_owned()) }
    }
}

impl SavedState for TrainingState {
    fn tensors(&mut self) -> &mut Tensors {
        &mut self.tensors
    }
}
