//! Data settings of a search or a training, as a user writes them down.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DataError;

/// Name of a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum DataSet {
    /// Handwritten digits of 8×8 pixels, built in.
    #[serde(rename = "digits")]
    Digits,
    /// The first 4,000 training images and 1,000 test images of Fashion-MNIST, 14×14 pixels, built in.
    #[default]
    #[serde(rename = "fashion")]
    Fashion,
    /// MNIST: handwritten digits.
    #[serde(rename = "mnist")]
    Mnist,
    /// Fashion-MNIST: articles of clothing.
    #[serde(rename = "fashion-mnist")]
    FashionMnist,
    /// Kuzushiji-MNIST: cursive Japanese characters.
    #[serde(rename = "kmnist")]
    Kmnist,
    /// CIFAR-10.
    #[serde(rename = "cifar10")]
    Cifar10,
    /// CIFAR-100, with its 100 fine classes.
    #[serde(rename = "cifar100")]
    Cifar100,
    /// SVHN: street view house numbers, cropped digits.
    #[serde(rename = "svhn")]
    Svhn,
    /// The first 120 classes of `ImageNet`, 16×16 pixels, as NAS-Bench-201 uses them.
    #[serde(rename = "imagenet16-120")]
    ImageNet16,
    /// A folder of class folders with images.
    #[serde(rename = "folder")]
    Folder,
}

impl DataSet {
    /// Every data set.
    pub const ALL: [Self; 10] = [
        Self::Digits,
        Self::Fashion,
        Self::Mnist,
        Self::FashionMnist,
        Self::Kmnist,
        Self::Cifar10,
        Self::Cifar100,
        Self::Svhn,
        Self::ImageNet16,
        Self::Folder,
    ];

    /// Returns the name of the data set, as in `--data`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Fashion => "fashion",
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
            Self::Kmnist => "kmnist",
            Self::Cifar10 => "cifar10",
            Self::Cifar100 => "cifar100",
            Self::Svhn => "svhn",
            Self::ImageNet16 => "imagenet16-120",
            Self::Folder => "folder",
        }
    }
}

impl fmt::Display for DataSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DataSet {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        Self::ALL
            .into_iter()
            .find(|set| set.name() == name)
            .ok_or_else(|| DataError::UnknownSet { name: name.chars().take(64).collect() })
    }
}

/// Augmentation of the images of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Augment {
    /// Automatic choice: `published`, but `none` for images that were shrunk, for `digits` and for `fashion`.
    #[default]
    Auto,
    /// Images without augmentation.
    None,
    /// Published augmentation: a random crop of the image padded by an eighth of its side, and a flip left to right
    /// except for digits and characters: `digits`, `svhn`, `mnist` and `kmnist`.
    Published,
}

/// Colour that transparent images are blended with: red, green and blue.
///
/// As text `white`, `black`, or six hexadecimal digits such as `#ff8000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
pub struct Background(pub [u8; 3]);

impl Background {
    /// Returns true if the colour has no hue.
    #[must_use]
    pub const fn is_grey(self) -> bool {
        self.0[0] == self.0[1] && self.0[1] == self.0[2]
    }
}

impl Default for Background {
    fn default() -> Self {
        Self([255; 3])
    }
}

impl FromStr for Background {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let colour = match text {
            "white" => Some([255; 3]),
            "black" => Some([0; 3]),
            _ => text.strip_prefix('#').and_then(|digits| {
                let whole = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok().filter(|_| whole)?.to_be_bytes();
                Some([red, green, blue])
            }),
        };
        colour.map(Self).ok_or_else(|| DataError::BadOption {
            option: "background",
            what: "a colour is white, black, or six hexadecimal digits such as #ff8000".to_owned(),
        })
    }
}

impl TryFrom<String> for Background {
    type Error = DataError;

    fn try_from(text: String) -> Result<Self, DataError> {
        text.parse()
    }
}

impl From<Background> for String {
    fn from(Background([red, green, blue]): Background) -> Self {
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

impl JsonSchema for Background {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Background".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// Data settings of a search or a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Data set.
    pub set: DataSet,
    /// Folder of the data set; `digits` and `fashion` need none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub dir: Option<PathBuf>,
    /// Number of images to use, drawn by the seed; all by default. A training uses this number of training images, and
    /// all test images.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub images: Option<usize>,
    /// Side in pixels of the squares that images are resized to; by default the images keep their size.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub size: Option<usize>,
    /// Fraction of the images that trains the weights; the rest is the validation part, which trains the architecture.
    /// A folder that is divided already keeps its parts. In a training, the rest tests the network, if the data set has
    /// no test images of its own.
    pub train_fraction: f64,
    /// JSON file `{"train": [indices], "valid": [indices]}` with the images of the two parts of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub split: Option<PathBuf>,
    /// Colour that transparent images of a folder are blended with.
    pub background: Background,
    /// True if files of a folder that cannot be read are left out.
    pub skip_unreadable: bool,
    /// Augmentation of the images of a step.
    pub augment: Augment,
    /// Side in pixels of the square that is cut out of each image of a step, smaller than the image; 0 for none.
    pub cutout: usize,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            set: DataSet::default(),
            dir: None,
            images: None,
            size: None,
            train_fraction: 0.5,
            split: None,
            background: Background::default(),
            skip_unreadable: false,
            augment: Augment::default(),
            cutout: 0,
        }
    }
}

/// Maximum side in pixels that images are resized to.
const LARGEST_SIZE: usize = 1024;

impl DataConfig {
    /// Returns the default settings of a training: those of a search, but with a `train_fraction` of 0.8, which is for
    /// data sets without test images of their own.
    #[must_use]
    pub fn training() -> Self {
        Self { train_fraction: 0.8, ..Self::default() }
    }

    /// Checks the options as far as possible without the images.
    ///
    /// # Errors
    /// [`DataError::BadOption`] names the option.
    pub fn check(&self) -> Result<(), DataError> {
        let bad = |option, what: String| Err(DataError::BadOption { option, what });
        let inside = self.train_fraction > 0.0 && self.train_fraction < 1.0;
        if !inside {
            return bad("train_fraction", format!("must be between 0 and 1, not {}", self.train_fraction));
        }
        if let Some(size) = self.size
            && !(1..=LARGEST_SIZE).contains(&size)
        {
            return bad("size", format!("a side has 1 to {LARGEST_SIZE} pixels, not {size}"));
        }
        if let Some(images @ 0..=1) = self.images {
            return bad("images", format!("at least 2 images are needed, one for each part, not {images}"));
        }
        if self.split.is_some() && self.images.is_some() {
            return bad("images", "a `split` file already says which images are used; leave one of the two out".into());
        }
        Ok(())
    }

    /// Checks the options of a training like [`check`](Self::check).
    pub(super) fn check_training(&self) -> Result<(), DataError> {
        self.check()?;
        match self.split {
            None => Ok(()),
            Some(_) => Err(DataError::BadOption {
                option: "split",
                what: "a training takes its parts from the data set; a `split` file divides the images of a search"
                    .to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_text_form() {
        for set in DataSet::ALL {
            assert_eq!(set.name().parse::<DataSet>().unwrap(), set);
            assert_eq!(serde_json::to_value(set).unwrap(), set.name());
        }
        let message = "stl10".parse::<DataSet>().unwrap_err().to_string();
        assert!(message.contains("`stl10`") && message.contains("imagenet16-120"), "{message}");
    }

    #[test]
    fn a_training_differs_from_a_search_in_the_fraction_alone() {
        let training = DataConfig::training();
        assert!((training.train_fraction - 0.8).abs() < 1e-12);
        assert_eq!(DataConfig { train_fraction: 0.5, ..training }, DataConfig::default());
    }

    #[test]
    fn a_config_survives_toml_and_refuses_what_it_does_not_know() {
        let config: DataConfig = toml::from_str("set = \"svhn\"\nsize = 16\naugment = \"none\"").unwrap();
        assert_eq!((config.set, config.size, config.augment), (DataSet::Svhn, Some(16), Augment::None));
        assert_eq!(toml::from_str::<DataConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
        assert!(toml::from_str::<DataConfig>("sice = 16").is_err());
    }
}
