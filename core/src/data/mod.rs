//! Data sets, their parts, augmentation and batches.
//!
//! A search trains the weights on one part of the training images and the architecture on the other; it never reads
//! test images. A training has the whole training set in the first part and the test set in the second.
//!
//! | name | files expected in `dir` | and for a training | source | licence |
//! |---|---|---|---|---|
//! | `digits` | none, built in: 1,797 images of 8×8 | none: it is split by `train_fraction` | <https://doi.org/10.24432/C50P49> | CC BY 4.0, see `DIGITS-LICENSE.md` |
//! | `fashion` | none, built in: 4,000 images of Fashion-MNIST of 14×14 | none, built in: 1,000 test images | <https://github.com/zalandoresearch/fashion-mnist> | MIT, see `FASHION-LICENSE.md` |
//! | `mnist`, `fashion-mnist`, `kmnist` | `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, gzipped or not | `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte` | <https://yann.lecun.com/exdb/mnist/>, <https://github.com/zalandoresearch/fashion-mnist>, <https://codh.rois.ac.jp/kmnist/> | none stated, MIT, CC BY-SA 4.0 |
//! | `cifar10` | `cifar-10-batches-bin/data_batch_1.bin` … `data_batch_5.bin`, or `cifar-10-batches-py/data_batch_1` … | `test_batch.bin` or `test_batch` beside them | <https://www.cs.toronto.edu/~kriz/cifar.html> | none stated |
//! | `cifar100` | `cifar-100-binary/train.bin` or `cifar-100-python/train` | `test.bin` or `test` beside it | <https://www.cs.toronto.edu/~kriz/cifar.html> | none stated |
//! | `svhn` | `train_32x32.mat` | `test_32x32.mat` | <http://ufldl.stanford.edu/housenumbers/> | non-commercial use |
//! | `imagenet16-120` | `train_data_batch_1` … `train_data_batch_10` | `val_data` beside them | <https://image-net.org/download-images> | non-commercial research |
//! | `folder` | a folder of images for each class: PNG, JPEG, WebP, BMP, TIFF, GIF; perhaps within `train` and `val` | the same within `test`, or else `val`; without both, it is split by `train_fraction` | your own | your own |
//!
//! Files are not trusted: every size is checked against the real size of the file, and a pickle is read, never run.

mod ahead;
mod augment;
mod batches;
mod choice;
mod cifar;
mod config;
mod digits;
mod error;
mod fashion;
mod files;
mod folder;
mod idx;
mod image_data;
mod imagenet16;
mod images;
mod load;
mod mat5;
mod numpy;
mod part;
mod resize;
mod split;
mod svhn;
mod synthetic;
mod training_batches;

pub use batches::{Batch, Batches, Pair};
pub use config::{Augment, Background, DataConfig, DataSet};
pub use error::DataError;
pub use image_data::ImageData;
pub(crate) use image_data::normal;
pub use images::Images;
pub use training_batches::TrainingBatches;
