//! Model of small grey pictures of ten classes, for the arithmetic coder.
//!
//! A level of grey is coded in decisions: is it 0? If not, which are its six bits? The logit of a decision's
//! probability is a sum of weights. Each weight belongs to the decision and to one of seven contexts, which describe
//! the pixel by its neighbours, by the mirror image of the picture and by its class. The weights are 0 at first and
//! are learned by gradient descent while pictures are coded, by a reader as by a writer. All numbers are integers,
//! and so the same everywhere.

use super::coder::{Bits, HALF};

/// Side of a picture in pixels.
pub(super) const SIDE: usize = 14;
/// Pixels of a picture.
pub(super) const PIXELS: usize = SIDE * SIDE;
const BRIGHTEST: i32 = 51;
/// Bits of a level.
const BITS: u32 = 6;
/// Decisions of a context: the one about 0, and one for each beginning of a level's bits.
const DECISIONS: usize = 1 << BITS;
const CONTEXTS: usize = 7;
/// Values of a context.
const VALUES: usize = 4096;
/// Probability of the last two of ten classes.
const FIFTH: u16 = 13_107;

/// Weight of a decision in a context.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// Share of the logit, in multiples of 1/65,536.
    value: i32,
    /// Number of steps that it has learned from, up to [`Self::MOST_STEPS`].
    steps: i32,
}

impl Weight {
    const MOST_STEPS: i32 = 66;

    /// Learns from the bit less its probability, at a rate that falls from 3/14 to 3/80.
    fn learn(&mut self, error: i32) {
        self.value += 3 * error / (14 + self.steps);
        self.steps = (self.steps + 1).min(Self::MOST_STEPS);
    }
}

/// Levels of a picture that are known so far, with a border of zeros: two rows above, two columns before, one behind.
type Canvas = [[u8; SIDE + 3]; SIDE + 2];

/// Weights as the pictures so far have taught them.
pub(super) struct Model {
    weights: Vec<Weight>,
}

impl Model {
    /// Returns a model that knows nothing yet.
    pub(super) fn new() -> Self {
        Self { weights: vec![Weight::default(); CONTEXTS * VALUES * DECISIONS] }
    }

    /// Codes the class and the levels of a picture, row by row. A writer gives them, a reader gets them.
    pub(super) fn picture(&mut self, bits: &mut impl Bits, class: &mut u8, levels: &mut [u8; PIXELS]) {
        *class = code_class(bits, *class);
        let mut canvas = Canvas::default();
        for (place, level) in levels.iter_mut().enumerate() {
            let (row, column) = (place / SIDE, place % SIDE);
            let starts = contexts(&canvas, row, column, *class);
            *level = self.level(bits, &starts, *level);
            canvas[row + 2][column + 2] = *level;
        }
    }

    /// Codes a level; `starts` are the places of the weights of its contexts.
    fn level(&mut self, bits: &mut impl Bits, starts: &[usize; CONTEXTS], level: u8) -> u8 {
        if !self.decide(bits, starts, 0, level > 0) {
            return 0;
        }
        // The first bits of a level, with a 1 before them.
        let mut beginning = 1;
        for bit in (0..BITS).rev() {
            let set = self.decide(bits, starts, beginning, (level >> bit) & 1 == 1);
            beginning = 2 * beginning + usize::from(set);
        }
        u8::try_from(beginning - DECISIONS).unwrap_or(u8::MAX)
    }

    fn decide(&mut self, bits: &mut impl Bits, starts: &[usize; CONTEXTS], decision: usize, bit: bool) -> bool {
        let logit: i32 = starts.iter().map(|start| self.weights[start + decision].value).sum();
        let set = sigmoid(logit);
        let bit = bits.code(set, bit);
        let error = (i32::from(bit) << 16) - i32::from(set);
        for start in starts {
            self.weights[start + decision].learn(error);
        }
        bit
    }
}

/// Codes one of ten classes, which are all as probable.
fn code_class(bits: &mut impl Bits, class: u8) -> u8 {
    let (first, length) = if bits.code(FIFTH, class >= 8) { (8, 1) } else { (0, 3) };
    let rest = (0..length).rev().fold(0, |rest, bit| 2 * rest + u8::from(bits.code(HALF, (class >> bit) & 1 == 1)));
    first + rest
}

/// Returns where the weights of a pixel's contexts begin.
fn contexts(canvas: &Canvas, row: usize, column: usize, class: u8) -> [usize; CONTEXTS] {
    let [highest, upper, own] = [0, 1, 2].map(|line| &canvas[row + line]);
    let here = column + 2;
    // The mirror image of a pixel of the first half is not known yet; that of the pixel above it stands in.
    let there = SIDE + 1 - column;
    let second_half = column >= SIDE / 2;
    let mirrored = if second_half { own } else { upper };
    let mirror = mirrored[there];
    // Next to the middle it would be the pixel itself.
    let before_mirror = if column == SIDE / 2 { mirror } else { mirrored[there + 1] };
    let [left, above, corner, above_mirror, mirror_corner] =
        [own[here - 1], upper[here], upper[here - 1], upper[there], upper[there + 1]].map(i32::from);
    let gradient = left + above - corner;
    let median = known_level(gradient.clamp(left.min(above), left.max(above)));
    // Coefficients of linear regression, rounded.
    let guess = known_level(if second_half {
        let own_half = 7 * left + 12 * above - 4 * corner;
        let other_half = 6 * i32::from(mirror) + 2 * i32::from(before_mirror) - 4 * above_mirror - 3 * mirror_corner;
        (own_half + other_half + 8) / 16
    } else {
        (3 * (left + above) - 2 * corner + 2) / 4
    });

    let [left, next_left, above, next_above, corner, right_corner, mirror, before_mirror] = [
        own[here - 1],
        own[here - 2],
        upper[here],
        highest[here],
        upper[here - 1],
        upper[here + 1],
        mirror,
        before_mirror,
    ]
    .map(usize::from);
    let class = usize::from(class);
    let eighth = |level: usize| level.div_ceil(8);
    let values = [
        52 * guess + median,
        2 * (PIXELS * class + SIDE * row + column) + usize::from(median > 0),
        SIDE * (SIDE * class + row) + guess.div_ceil(4),
        8 * (8 * mirror + eighth(before_mirror)) + eighth(left),
        8 * (8 * (8 * eighth(left) + eighth(above)) + eighth(corner)) + eighth(right_corner),
        8 * (8 * (8 * eighth(above) + eighth(next_above)) + eighth(left)) + eighth(next_left),
        52 * above + next_above,
    ];
    std::array::from_fn(|context| (VALUES * context + values[context]) * DECISIONS)
}

fn known_level(level: i32) -> usize {
    usize::try_from(level.clamp(0, BRIGHTEST)).unwrap_or(0)
}

/// Values of the logistic function from −8 to 8 in steps of 1/2, in multiples of 1/65,536.
const SIGMOID: [u16; 33] = [
    22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768, 40793, 47911, 53581,
    57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514,
];

/// Returns the probability of a logit in multiples of 1/65,536, between two values of the table.
fn sigmoid(logit: i32) -> u16 {
    const END: i32 = 8 << 16;
    let from_start = logit.clamp(-END, END - 1) + END;
    let step = usize::try_from(from_start >> 15).unwrap_or(0);
    let [before, after] = [SIGMOID[step], SIGMOID[step + 1]].map(i32::from);
    let between = before + (((after - before) * (from_start & 0x7fff)) >> 15);
    u16::try_from(between).unwrap_or(u16::MAX)
}
