//! Synthetic images: random ones that replace those of a data set.

use rand::RngExt;

use super::images::numbered;
use super::{DataSet, Images};
use crate::random::{Stream, stream};

/// Returns the number of channels, the side and the number of classes of a data set's images.
const fn shape(set: DataSet) -> (usize, usize, u16) {
    match set {
        DataSet::Digits => (1, 8, 10),
        DataSet::Fashion => (1, 14, 10),
        DataSet::Mnist | DataSet::FashionMnist | DataSet::Kmnist => (1, 28, 10),
        // The images of a folder may have any size; this one is common.
        DataSet::Cifar10 | DataSet::Svhn | DataSet::Folder => (3, 32, 10),
        DataSet::Cifar100 => (3, 32, 100),
        DataSet::ImageNet16 => (3, 16, 120),
    }
}

pub(super) fn random(set: DataSet, count: usize, seed: u64) -> Images {
    let (channels, side, classes) = shape(set);
    let mut chance = stream(seed, Stream::Images, 0);
    let mut pixels = vec![0_u8; count * channels * side * side];
    chance.fill(pixels.as_mut_slice());
    // Each class that occurs has two images, one for each part.
    let used = (count / 2).clamp(1, usize::from(classes));
    Images {
        channels,
        height: side,
        width: side,
        pixels,
        labels: (0..count).map(|place| u16::try_from(place % used).unwrap_or(0)).collect(),
        classes: numbered(usize::from(classes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataConfig, ImageData};

    #[test]
    fn every_set_has_a_stand_in() {
        for set in DataSet::ALL {
            let images = random(set, 20, 3);
            images.check().unwrap();
            assert!(images == random(set, 20, 3) && images != random(set, 20, 4), "{set}");
            let config = DataConfig { set, size: Some(6), ..DataConfig::default() };
            let data = ImageData::prepare(images, &config, 0).unwrap();
            assert_eq!((data.train_len(), data.valid_len(), data.height()), (10, 10, 6));
        }
        // The shape is compared with that of the one set that is built in.
        let digits = Images::digits();
        let like = random(DataSet::Digits, 2, 0);
        assert_eq!((like.channels, like.height, like.classes), (digits.channels, digits.height, digits.classes));
    }
}
