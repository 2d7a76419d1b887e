//! Data sets, their split into a training and a validation part, augmentation and batches.
//!
//! A search trains the weights on one part of the training images and the architecture on the other; test images are
//! never read.
//!
//! | name | files expected in `dir` | source | licence |
//! |---|---|---|---|
//! | `digits` | none, built in: 1,797 images of 8×8 | <https://doi.org/10.24432/C50P49> | CC BY 4.0, see `DIGITS-LICENSE.md` |
//! | `fashion` | none, built in: 4,000 images of Fashion-MNIST of 14×14 | <https://github.com/zalandoresearch/fashion-mnist> | MIT, see `FASHION-LICENSE.md` |
//! | `mnist`, `fashion-mnist`, `kmnist` | `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, gzipped or not | <https://yann.lecun.com/exdb/mnist/>, <https://github.com/zalandoresearch/fashion-mnist>, <https://codh.rois.ac.jp/kmnist/> | none stated, MIT, CC BY-SA 4.0 |
//! | `cifar10` | `cifar-10-batches-bin/data_batch_1.bin` … `data_batch_5.bin`, or `cifar-10-batches-py/data_batch_1` … | <https://www.cs.toronto.edu/~kriz/cifar.html> | none stated |
//! | `cifar100` | `cifar-100-binary/train.bin` or `cifar-100-python/train` | <https://www.cs.toronto.edu/~kriz/cifar.html> | none stated |
//! | `svhn` | `train_32x32.mat` | <http://ufldl.stanford.edu/housenumbers/> | non-commercial use |
//! | `imagenet16-120` | `train_data_batch_1` … `train_data_batch_10` | <https://image-net.org/download-images> | non-commercial research |
//! | `folder` | a folder of images for each class: PNG, JPEG, WebP, BMP, TIFF, GIF | your own | your own |
//!
//! Files are not trusted: every size is checked against the real size of the file, and a pickle is read, never run.

mod augment;
mod batches;
mod cifar;
mod config;
mod digits;
mod error;
mod fashion;
mod files;
mod folder;
mod idx;
mod imagenet16;
mod images;
mod mat5;
mod pickle;
mod resize;
mod image_data;
mod split;
mod svhn;
mod synthetic;

pub use batches::{Batch, Batches, Pair};
pub use config::{Augment, Background, DataConfig, DataSet};
pub use error::DataError;
pub use images::Images;
pub use image_data::ImageData;
