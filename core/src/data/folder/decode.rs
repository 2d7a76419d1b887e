//! One image file as planes of pixels.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::super::resize::{Depth, Resize};
use super::super::{Background, files};
use super::jpeg;
use super::room::{Room, Taken};

/// Maximum side in pixels of an image that is decoded.
const MOST_PIXELS: u32 = 1 << 14;
/// Maximum size in bytes of a decoded image: 89 million pixels of three colours.
const MOST_BYTES: u64 = 256 << 20;
/// Maximum size in bytes of a file.
const LARGEST_FILE: u64 = 64 << 20;

/// Room for the images that are decoded at the same time.
static ROOM: Room = Room::new(256 << 20);
/// Copies of an image that are in memory at most: decoded, turned and blended.
const COPIES: u64 = 3;

/// Pixels of an image, plane by plane.
pub(super) enum Planes {
    Bytes(Vec<u8>),
    /// Pixels of 16 bits.
    Words(Vec<u16>),
}

/// An image of one channel or three.
pub(super) struct Decoded {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) planes: Planes,
    /// True if the image was shrunk.
    pub(super) shrunk: bool,
}

/// Decodes a file, turns the image as its camera noted, blends it with the background and resizes it to a square of side
/// `size` if that is given. The error says what is wrong with the file.
pub(super) fn decode(path: &Path, size: Option<usize>, background: Background) -> Result<Decoded, String> {
    let bytes = files::read(path, LARGEST_FILE).map_err(|error| match error {
        super::super::DataError::Read { source, .. } => source.to_string(),
        _ => format!("larger than {} MiB", LARGEST_FILE >> 20),
    })?;
    let guessed = image::guess_format(&bytes).map_err(|_| "not an image, whatever its name says".to_owned())?;
    if guessed == ImageFormat::Jpeg && !jpeg::is_whole(&bytes) {
        return Err("the file ends early".to_owned());
    }
    let (image, taken) = decoded(&bytes, guessed).map_err(|error| error.to_string())?;
    drop(bytes);
    let pixels = pixels(image, size, background);
    drop(taken);
    Ok(pixels)
}

/// Decodes and turns an image, as soon as there is room for it.
fn decoded(bytes: &[u8], format: ImageFormat) -> image::ImageResult<(DynamicImage, Taken<'static>)> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    let taken = ROOM.take(COPIES * decoder.total_bytes());
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok((image, taken))
}

fn pixels(image: DynamicImage, size: Option<usize>, background: Background) -> Decoded {
    let [height, width] = [image.height(), image.width()].map(|side| usize::try_from(side).unwrap_or(usize::MAX));
    let shape = [height, width];
    let (alpha, grey) = (image.color().has_alpha(), !image.color().has_color());
    // Transparent grey on a coloured background is coloured.
    let grey = grey && (!alpha || background.is_grey());
    let (channels, planes) = match (image, grey, alpha) {
        (image @ (DynamicImage::ImageLuma8(_) | DynamicImage::ImageLumaA8(_)), true, false) => {
            (1, Planes::Bytes(planes::<u8, 1>(image.into_luma8().as_raw(), shape, size)))
        }
        (image @ (DynamicImage::ImageLuma8(_) | DynamicImage::ImageLumaA8(_)), true, true) => {
            let blended = blend::<u8, 2>(image.into_luma_alpha8().into_raw(), background);
            (1, Planes::Bytes(planes::<u8, 1>(&blended, shape, size)))
        }
        (image, true, false) => (1, Planes::Words(planes::<u16, 1>(image.into_luma16().as_raw(), shape, size))),
        (image, true, true) => {
            let blended = blend::<u16, 2>(image.into_luma_alpha16().into_raw(), background);
            (1, Planes::Words(planes::<u16, 1>(&blended, shape, size)))
        }
        (image, false, alpha) if image.color().bytes_per_pixel() / image.color().channel_count() == 1 => {
            let raw = if alpha {
                blend::<u8, 4>(image.into_rgba8().into_raw(), background)
            } else {
                image.into_rgb8().into_raw()
            };
            (3, Planes::Bytes(planes::<u8, 3>(&raw, shape, size)))
        }
        (image, false, alpha) => {
            let raw = if alpha {
                blend::<u16, 4>(image.into_rgba16().into_raw(), background)
            } else {
                image.into_rgb16().into_raw()
            };
            (3, Planes::Words(planes::<u16, 3>(&raw, shape, size)))
        }
    };
    let [new_height, new_width] = size.map_or(shape, |size| [size; 2]);
    Decoded { channels, height: new_height, width: new_width, planes, shrunk: new_height < height || new_width < width }
}

/// Blends pixels of `N` values, the last of which is alpha, with the background; returns them without alpha.
fn blend<T: Depth, const N: usize>(mut pixels: Vec<T>, background: Background) -> Vec<T> {
    let most = T::MOST;
    let behind = background.0.map(|value| u64::from(value) * most / 255);
    let mut to = 0;
    for from in (0..pixels.len()).step_by(N) {
        let alpha: u64 = pixels[from + N - 1].into();
        for channel in 0..N - 1 {
            let own: u64 = pixels[from + channel].into();
            pixels[to] = T::narrow((own * alpha + behind[channel] * (most - alpha) + most / 2) / most);
            to += 1;
        }
    }
    pixels.truncate(to);
    pixels
}

/// Separates the channels, and resizes each.
fn planes<T: Depth, const CHANNELS: usize>(pixels: &[T], shape: [usize; 2], size: Option<usize>) -> Vec<T> {
    let resize = size.filter(|&size| shape != [size; 2]).map(|size| Resize::new(shape, [size; 2]));
    let mut all = Vec::new();
    for channel in 0..CHANNELS {
        match &resize {
            Some(resize) => resize.channel(pixels, [channel, CHANNELS], &mut all),
            None => all.extend(pixels.iter().skip(channel).step_by(CHANNELS).copied()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file has one colour, written by Pillow in CMYK, as Adobe's programs do: inverted.
    #[test]
    fn four_inks_become_the_colour_that_they_print() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/data/folder/cmyk.jpg");
        let Planes::Bytes(pixels) = decode(&path, Some(1), Background::default()).unwrap().planes else {
            panic!("pixels of 16 bits");
        };
        assert!(pixels.iter().zip([200_u8, 40, 10]).all(|(&pixel, ink)| pixel.abs_diff(ink) < 4), "{pixels:?}");
    }
}
