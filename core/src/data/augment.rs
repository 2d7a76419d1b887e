//! Augmentation of the images of a step: a random crop of the padded image, a flip and a cutout.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Augment, DataConfig, DataSet};

/// Augmentation settings of a search or a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Augmentation {
    /// Padding in pixels: rows added above and below, columns added left and right.
    padding: [usize; 2],
    flip: bool,
    /// Side of the cutout square in pixels; 0 for none.
    cutout: usize,
}

impl Augmentation {
    /// Makes the augmentation for images of `[height, width]`.
    pub(super) fn new(config: &DataConfig, [height, width]: [usize; 2], shrunk: bool) -> Self {
        let varied = match config.augment {
            Augment::None => false,
            Augment::Published => true,
            Augment::Auto => !shrunk && !matches!(config.set, DataSet::Digits | DataSet::Fashion),
        };
        // A flipped digit is another digit or none at all, and so are characters.
        let characters = matches!(config.set, DataSet::Digits | DataSet::Svhn | DataSet::Mnist | DataSet::Kmnist);
        let flip = varied && !characters;
        let padding = if varied { [height / 8, width / 8] } else { [0, 0] };
        Self { padding, flip, cutout: config.cutout }
    }

    /// Draws the augmentation of one image.
    pub(super) fn draw(self, [height, width]: [usize; 2], chance: &mut ChaCha8Rng) -> View {
        let shift = self.padding.map(|padding| chance.random_range(0..=2 * padding));
        let flipped = self.flip && chance.random_bool(0.5);
        // The centre of the square is a pixel of the image; the square may reach beyond the border.
        let hole = (self.cutout > 0).then(|| {
            [height, width].map(|side| {
                let centre = chance.random_range(0..side);
                let before = self.cutout / 2;
                centre.saturating_sub(before)..centre.saturating_add(self.cutout - before).min(side)
            })
        });
        View { padding: self.padding, shift, flipped, hole }
    }
}

/// Augmentation of one image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    padding: [usize; 2],
    /// Row and column of the padded image at which the crop starts.
    shift: [usize; 2],
    flipped: bool,
    hole: Option<[Range<usize>; 2]>,
}

impl View {
    /// Appends an augmented and then normalized plane. Pixels of the padding and of the cutout are 0, which is the
    /// mean.
    pub(super) fn write(&self, plane: &[u8], width: usize, normal: &[f32; 256], out: &mut Vec<f32>) {
        let height = plane.len() / width;
        let source = |place: usize, axis: usize, side: usize| {
            (place + self.shift[axis]).checked_sub(self.padding[axis]).filter(|&place| place < side)
        };
        for row in 0..height {
            let line = source(row, 0, height).map(|row| &plane[row * width..(row + 1) * width]);
            for column in 0..width {
                let cut = self.hole.as_ref().is_some_and(|[tall, wide]| tall.contains(&row) && wide.contains(&column));
                let column = if self.flipped { width - 1 - column } else { column };
                let value = match (line, source(column, 1, width)) {
                    (Some(line), Some(column)) if !cut => normal[usize::from(line[column])],
                    _ => 0.0,
                };
                out.push(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, stream};

    fn written(view: &View) -> Vec<f32> {
        let normal = std::array::from_fn(|value| f32::from(u8::try_from(value).unwrap()));
        let mut out = Vec::new();
        view.write(&[1, 2, 3, 4, 5, 6], 3, &normal, &mut out);
        out
    }

    #[test]
    fn crop_flip_and_hole() {
        let plain = View::default();
        assert_eq!(written(&plain), [1., 2., 3., 4., 5., 6.]);
        let crop = View { padding: [1, 1], shift: [0, 2], ..plain.clone() };
        assert_eq!(written(&crop), [0., 0., 0., 2., 3., 0.]);
        let flipped = View { flipped: true, ..crop };
        assert_eq!(written(&flipped), [0., 0., 0., 0., 3., 2.]);
        let hole = View { hole: Some([1..2, 0..2]), ..plain };
        assert_eq!(written(&hole), [1., 2., 3., 0., 0., 6.]);
    }

    #[test]
    fn the_default_follows_the_data() {
        let of = |set, shrunk, augment| {
            let config = DataConfig { set, augment, ..DataConfig::default() };
            let Augmentation { padding, flip, .. } = Augmentation::new(&config, [32, 32], shrunk);
            (padding[0], flip)
        };
        assert_eq!(of(DataSet::Cifar10, false, Augment::Auto), (4, true));
        assert_eq!(of(DataSet::Cifar10, true, Augment::Auto), (0, false));
        assert_eq!(of(DataSet::Cifar10, true, Augment::Published), (4, true));
        assert_eq!(of(DataSet::Svhn, false, Augment::Auto), (4, false));
        assert_eq!(of(DataSet::Digits, false, Augment::Auto), (0, false));
        assert_eq!(of(DataSet::Folder, false, Augment::None), (0, false));
    }

    #[test]
    fn draws_cover_their_range() {
        let augmentation = Augmentation { padding: [1, 0], flip: true, cutout: 3 };
        let mut chance = stream(1, Stream::Augment, 0);
        let views: Vec<View> = (0..200).map(|_| augmentation.draw([8, 8], &mut chance)).collect();
        for shift in 0..=2 {
            assert!(views.iter().any(|view| view.shift == [shift, 0]));
        }
        let flipped = views.iter().filter(|view| view.flipped).count();
        assert!((60..=140).contains(&flipped), "{flipped}");
        assert!(views.iter().flat_map(|view| view.hole.clone().unwrap()).all(|hole| (2..=3).contains(&hole.len())));
    }
}
