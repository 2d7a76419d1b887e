//! Tiles of images of one size.

use std::ops::Range;

use super::{POINTS, SPAN, TILE};
use crate::engine::Plan;
use crate::engine::cpu::simd::WIDTH;
use crate::graph::{Conv, Window};

/// Tiles of a block, times the channels of the input or the output, whichever are more: the points of a block then fit
/// the second cache.
const BLOCK: usize = 1024;
/// Numbers between the points of a block, so that those of a tile do not all lie in one set of the first cache.
const GAP: usize = 2 * WIDTH;

/// Grid of tiles over a group of images of one size. A band is a row of tiles of all images.
#[derive(Clone, Copy, Debug)]
pub(in super::super::super) struct Grid {
    images: usize,
    /// Height and width of the images.
    size: [usize; 2],
    /// Tiles of an image, down and across.
    tiles: [usize; 2],
}

impl Grid {
    /// Grid of a convolution over images of some size; none if the convolution is not to be transformed.
    pub(in super::super::super) fn of(plan: &Plan, conv: &Conv, size: [usize; 2], images: usize) -> Option<Self> {
        // The registers of browsers hold too little of a tile.
        if cfg!(target_family = "wasm") || !plan.cells().is_empty() {
            return None;
        }
        let filter = conv.depthwise.is_none() && conv.dense.window == Window::square(3, 1, 1, 1);
        let lanes = [plan.values()[conv.x].channels, conv.rows].iter().all(|channels| channels.is_multiple_of(WIDTH));
        let grid = Self::new(size, images);
        // Half of the pixels of the tiles have to be pixels of the image.
        let covered = grid.tiles.iter().map(|tiles| tiles * TILE).product::<usize>();
        (filter && lanes && 2 * size[0] * size[1] >= covered).then_some(grid)
    }

    fn new(size: [usize; 2], images: usize) -> Self {
        Self { images, size, tiles: size.map(|side| side.div_ceil(TILE)) }
    }

    /// Rows and columns of an image with its padding.
    fn padded(self) -> [usize; 2] {
        self.tiles.map(|tiles| tiles * TILE + SPAN - TILE)
    }

    /// Numbers of a channel.
    fn count(self) -> usize {
        self.size[0] * self.size[1] * self.images
    }

    /// Numbers of all padded pixels of some channels.
    fn pixels(self, channels: usize) -> usize {
        let [rows, columns] = self.padded();
        self.images * rows * columns * channels
    }

    /// Numbers of the buffers of [`super::Tiles`], in its order, for the channels of the input and the output.
    pub(in super::super::super) fn buffers(self, channels: [usize; 2]) -> [usize; 8] {
        let [input, output] = channels.map(|channels| self.pixels(channels));
        let blocks = Blocks::new(self, channels);
        let [v, m] = blocks.points();
        [input, input, output, v, v, m, blocks.filters(), WIDTH * self.count()]
    }
}

/// Grid with the places of its pixels and tiles.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Tiling {
    grid: Grid,
    /// Pixel of each number of a channel, without the padding above and to the left.
    places: Vec<usize>,
    /// Pixels of the padding.
    pub(super) margin: Vec<usize>,
    /// First pixel of each tile, band by band.
    tiles: Vec<usize>,
}

impl Tiling {
    pub(in super::super::super) fn new(grid: Grid) -> Self {
        let Grid { images, size: [height, width], tiles: [bands, across] } = grid;
        let [rows, pitch] = grid.padded();
        let pixel = |image: usize, y: usize, x: usize| (image * rows + y) * pitch + x;
        let places = (0..grid.count()).map(|number| {
            let (at, image) = (number / images, number % images);
            pixel(image, at / width, at % width)
        });
        let tiles = (0..bands * images * across).map(|tile| {
            let (band, at) = (tile / (images * across), tile % (images * across));
            pixel(at / across, band * TILE, at % across * TILE)
        });
        let inside = |side: usize, place: usize| (1..=side).contains(&place);
        let margin = (0..grid.pixels(1)).filter(|at| {
            let (y, x) = (at / pitch % rows, at % pitch);
            !(inside(height, y) && inside(width, x))
        });
        Self { grid, places: places.collect(), margin: margin.collect(), tiles: tiles.collect() }
    }

    /// Division into blocks for the channels of the input and the output.
    pub(super) fn blocks(&self, channels: [usize; 2]) -> Blocks {
        Blocks::new(self.grid, channels)
    }

    /// Height of the images.
    pub(super) fn height(&self) -> usize {
        self.grid.size[0]
    }

    /// Numbers of a channel.
    pub(super) fn count(&self) -> usize {
        self.grid.count()
    }

    /// Numbers of all padded pixels of some channels.
    pub(super) fn pixels(&self, channels: usize) -> usize {
        self.grid.pixels(channels)
    }

    /// Padded pixels of an image.
    pub(super) fn image(&self) -> usize {
        self.grid.padded().iter().product()
    }

    /// Pixels from one row of an image to the next.
    pub(super) fn pitch(&self) -> usize {
        self.grid.padded()[1]
    }

    /// True if tiles have pixels outside of their images.
    pub(super) fn is_ragged(&self) -> bool {
        self.grid.size.iter().any(|side| !side.is_multiple_of(TILE))
    }

    /// Numbers of some rows of a channel.
    pub(super) fn numbers(&self, rows: &Range<usize>) -> Range<usize> {
        let row = self.grid.size[1] * self.grid.images;
        rows.start * row..rows.end * row
    }

    /// Pixels of some rows, one for each number.
    pub(super) fn places(&self, rows: &Range<usize>) -> &[usize] {
        &self.places[self.numbers(rows)]
    }

    /// First pixels of the tiles of a block.
    pub(super) fn tiles(&self, block: &Block) -> &[usize] {
        &self.tiles[block.tiles.clone()]
    }

    /// Place of the first number of an image within the padding, for pixels of some channels.
    pub(super) fn padding(&self, channels: usize) -> usize {
        (self.pitch() + 1) * channels
    }
}

/// Division of the tiles of a convolution into blocks of some bands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    grid: Grid,
    /// Bands of each block but the last.
    bands: usize,
    /// Channels of the input and of the output.
    channels: [usize; 2],
}

/// Some bands of tiles.
#[derive(Clone, Debug)]
pub(super) struct Block {
    tiles: Range<usize>,
    /// Rows of the output.
    pub(super) rows: Range<usize>,
    /// Number of rows of the input, from the first on, that this block and those before it read.
    pub(super) rows_read: usize,
    /// Rows of the input's gradient that are complete after this block, and were not before it.
    pub(super) complete: Range<usize>,
}

impl Blocks {
    fn new(grid: Grid, channels: [usize; 2]) -> Self {
        let tiles = (BLOCK / channels[0].max(channels[1])).max(WIDTH);
        let band = (grid.tiles[1] * grid.images).max(1);
        Self { grid, bands: (tiles / band).clamp(1, grid.tiles[0].max(1)), channels }
    }

    pub(super) fn all(self) -> impl Iterator<Item = Block> {
        let Self { grid: Grid { images, size: [height, _], tiles: [bands, across] }, bands: some, .. } = self;
        let row = move |band: usize| (band * TILE).min(height);
        let complete = move |band: usize| if band == bands { height } else { row(band).saturating_sub(1) };
        (0..bands).step_by(some).map(move |first| {
            let last = (first + some).min(bands);
            Block {
                tiles: first * across * images..last * across * images,
                rows: row(first)..row(last),
                rows_read: (row(last) + 1).min(height),
                complete: complete(first)..complete(last),
            }
        })
    }

    /// Numbers from one point to the next, of the input and of the output.
    pub(super) fn strides(self) -> [usize; 2] {
        let tiles = self.bands * self.grid.tiles[1] * self.grid.images;
        self.channels.map(|channels| tiles * channels + GAP)
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

    /// Blocks go over every row of the input and of the output once, and a row of the input's gradient is complete only
    /// when no later block adds to it.
    #[test]
    fn blocks_cover_all_rows_once() {
        for (size, images) in [([32, 32], 4), ([7, 9], 3), ([4, 4], 1), ([17, 6], 8), ([3, 3], 2)] {
            let tiling = Tiling::new(Grid::new(size, images));
            let (mut rows, mut complete, mut tiles) = (0, 0, 0);
            for block in tiling.blocks([64, 16]).all() {
                assert_eq!((block.rows.start, block.complete.start), (rows, complete));
                assert!(block.complete.end <= block.rows_read);
                (rows, complete, tiles) = (block.rows.end, block.complete.end, tiles + tiling.tiles(&block).len());
                let is_last = rows == size[0];
                assert!(is_last || (complete + 1 == rows && block.rows_read == rows + 1), "{block:?}");
            }
            assert_eq!((rows, complete), (size[0], size[0]));
            assert_eq!(tiles, images * size[0].div_ceil(4) * size[1].div_ceil(4));
        }
    }
}
