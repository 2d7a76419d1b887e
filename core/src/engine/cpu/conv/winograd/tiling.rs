//! Tiles of images of one size.

use std::ops::Range;

use super::{POINTS, SPAN, TILE};
use crate::engine::Plan;
use crate::engine::cpu::simd::WIDTH;
use crate::graph::{Conv, Window};

/// Sum over the channels of the tiles of a block, such that the points of a block fit the second cache.
const BLOCK: usize = 1024;
/// Numbers between the points of a block, so that those of a tile do not all lie in one set of the first cache.
const GAP: usize = 2 * WIDTH;

/// Tiles of a group's images of one size, within padded pixels. A band is a row of tiles of all images.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Tiling {
    /// Height of the images.
    pub(super) height: usize,
    /// Numbers of a row of pixels of all images.
    row: usize,
    /// Pixels from one row of an image to the next.
    pub(super) pitch: usize,
    /// Pixels of an image, with its padding.
    pub(super) image: usize,
    images: usize,
    /// Pixel of each number of a channel, without the padding above and to the left.
    places: Vec<usize>,
    /// Pixels of the padding.
    pub(super) margin: Vec<usize>,
    /// First pixel of each tile, band by band.
    tiles: Vec<usize>,
    bands: usize,
    /// True if tiles have pixels outside of their images.
    pub(super) ragged: bool,
}

impl Tiling {
    /// Tiles of a convolution over a group of images of some size; none if it is not to be transformed.
    pub(in super::super::super) fn of(plan: &Plan, conv: &Conv, size: [usize; 2], images: usize) -> Option<Self> {
        let filter = conv.depthwise.is_none() && conv.dense.window == Window::square(3, 1, 1, 1);
        let lanes = [plan.values()[conv.x].channels, conv.rows].iter().all(|channels| channels.is_multiple_of(WIDTH));
        let covered = size.iter().map(|side| side.div_ceil(TILE) * TILE).product::<usize>();
        // Half of the pixels of the tiles have to be pixels of the image.
        let worth = 2 * size[0] * size[1] >= covered;
        (plan.cells().is_empty() && filter && lanes && worth).then(|| Self::new(size, images))
    }

    fn new([height, width]: [usize; 2], images: usize) -> Self {
        let [bands, across] = [height, width].map(|side| side.div_ceil(TILE));
        let [rows, pitch] = [bands, across].map(|tiles| tiles * TILE + SPAN - TILE);
        let pixel = |image: usize, y: usize, x: usize| (image * rows + y) * pitch + x;
        let places = (0..height * width * images).map(|number| {
            let (at, image) = (number / images, number % images);
            pixel(image, at / width, at % width)
        });
        let tiles = (0..bands * images * across).map(|tile| {
            let (band, at) = (tile / (images * across), tile % (images * across));
            pixel(at / across, band * TILE, at % across * TILE)
        });
        let inside = |side: usize, place: usize| (1..=side).contains(&place);
        let margin = (0..images * rows * pitch).filter(|at| {
            let (y, x) = (at / pitch % rows, at % pitch);
            !(inside(height, y) && inside(width, x))
        });
        Self {
            height,
            row: width * images,
            pitch,
            image: rows * pitch,
            images,
            places: places.collect(),
            margin: margin.collect(),
            tiles: tiles.collect(),
            bands,
            ragged: [height, width].iter().any(|side| !side.is_multiple_of(TILE)),
        }
    }

    /// Numbers of a channel.
    pub(super) fn count(&self) -> usize {
        self.height * self.row
    }

    /// Numbers of some rows of a channel.
    pub(super) fn numbers(&self, rows: &Range<usize>) -> Range<usize> {
        rows.start * self.row..rows.end * self.row
    }

    /// Pixels of some rows, one for each number.
    pub(super) fn places(&self, rows: &Range<usize>) -> &[usize] {
        &self.places[self.numbers(rows)]
    }

    /// Numbers of all pixels of some channels.
    pub(super) fn padded(&self, channels: usize) -> usize {
        self.images * self.image * channels
    }

    /// Place of the first number of an image within the padding, for pixels of some channels.
    pub(super) fn padding(&self, channels: usize) -> usize {
        (self.pitch + 1) * channels
    }

    /// Numbers of the buffers that [`super::Tiles`] has for a convolution with channels of the input and the output.
    pub(in super::super::super) fn buffers(&self, channels: [usize; 2]) -> [usize; 7] {
        let [input, output] = channels.map(|channels| self.padded(channels));
        let blocks = Blocks::new(self, channels);
        let [v, m] = blocks.points();
        [input, output, input, v, v, m, blocks.filters() + WIDTH * self.count()]
    }
}

/// Division of the tiles of a convolution into blocks of some bands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks<'a> {
    tiling: &'a Tiling,
    /// Bands of each block but the last.
    bands: usize,
    /// Tiles of a band.
    band: usize,
    /// Channels of the input and of the output.
    channels: [usize; 2],
}

/// Some bands of tiles.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    /// First pixel of each tile.
    pub(super) tiles: &'a [usize],
    /// Rows of the output.
    pub(super) rows: Range<usize>,
    /// Number of rows of the input, from the first on, that this block and those before it read.
    pub(super) read: usize,
    /// Rows of the input that no later block reads, and that those before it did.
    pub(super) done: Range<usize>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(tiling: &'a Tiling, channels: [usize; 2]) -> Self {
        let band = tiling.tiles.len() / tiling.bands;
        let tiles = (BLOCK / channels[0].max(channels[1])).max(WIDTH);
        Self { tiling, bands: (tiles / band).clamp(1, tiling.bands), band, channels }
    }

    pub(super) fn all(self) -> impl Iterator<Item = Block<'a>> {
        let Self { tiling, bands, band, .. } = self;
        let row = move |band: usize| (band * TILE).min(tiling.height);
        let done = move |band: usize| if band == tiling.bands { tiling.height } else { row(band).saturating_sub(1) };
        (0..tiling.bands).step_by(bands).map(move |first| {
            let last = (first + bands).min(tiling.bands);
            Block {
                tiles: &tiling.tiles[first * band..last * band],
                rows: row(first)..row(last),
                read: (row(last) + 1).min(tiling.height),
                done: done(first)..done(last),
            }
        })
    }

    /// Numbers from one point to the next, of the input and of the output.
    pub(super) fn strides(self) -> [usize; 2] {
        self.channels.map(|channels| self.bands * self.band * channels + GAP)
    }

    /// Numbers of all points, of the input and of the output.
    pub(super) fn points(self) -> [usize; 2] {
        self.strides().map(|stride| POINTS * stride)
    }

    /// Numbers from one point of all filters to the next.
    pub(super) fn filter_stride(self) -> usize {
        self.channels[0] * self.channels[1] + GAP
    }

    /// Numbers of all points of all filters.
    pub(super) fn filters(self) -> usize {
        POINTS * self.filter_stride()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks go over every row of the input and of the output once, and a row is done only when it is read no more.
    #[test]
    fn blocks_cover_all_rows_once() {
        for (size, images) in [([32, 32], 4), ([7, 9], 3), ([4, 4], 1), ([17, 6], 8), ([3, 3], 2)] {
            let tiling = Tiling::new(size, images);
            let (mut rows, mut done, mut tiles) = (0, 0, 0);
            for block in Blocks::new(&tiling, [64, 16]).all() {
                assert_eq!((block.rows.start, block.done.start), (rows, done));
                assert!(block.done.end <= block.read);
                (rows, done, tiles) = (block.rows.end, block.done.end, tiles + block.tiles.len());
                let reads_later = rows < size[0];
                assert!(!reads_later || (done + 1 == rows && block.read == rows + 1), "{block:?}");
            }
            assert_eq!((rows, done), (size[0], size[0]));
            assert_eq!(tiles, images * size[0].div_ceil(4) * size[1].div_ceil(4));
        }
    }
}
