//! Data sets, their split into a training and a validation part, augmentation and batches.
//!
//! A search trains the weights on one part of the training images and the architecture on the other; test images are
//! never read.
//!
//! | name | files expected in `dir` | source | licence |
//! |---|---|---|---|
//! | `digits` | none, built in: 1,797 images of 8×8 | <https://doi.org/10.24432/C50P49> | CC BY 4.0, see `DIGITS-LICENSE.md` |
//! | `cifar10` | `cifar-10-batches-bin/data_batch_1.bin` … `data_batch_5.bin` | <https://www.cs.toronto.edu/~kriz/cifar.html> | none stated |
//! | `cifar100` | `cifar-100-binary/train.bin` | <https://www.cs.toronto.edu/~kriz/cifar.html> | none stated |
//! | `svhn` | `train_32x32.mat` | <http://ufldl.stanford.edu/housenumbers/> | non-commercial use |
//! | `imagenet16-120` | `train_data_batch_1` … `train_data_batch_10` | <https://image-net.org/download-images> | non-commercial research |
//! | `folder` | a folder of PNG or JPEG files for each class | your own | your own |
//!
//! Files are not trusted: every size is checked against the real size of the file, and a pickle is read, never run.

mod augment;
mod batches;
mod cifar;
mod config;
mod digits;
mod error;
mod files;
mod folder;
mod imagenet16;
mod images;
mod mat5;
mod pickle;
mod resize;
mod search_data;
mod split;
mod svhn;
mod synthetic;

pub use batches::{Batch, Batches, Pair};
pub use config::{Augment, DataConfig, DataSet};
pub use error::DataError;
pub use images::Images;
pub use search_data::SearchData;
