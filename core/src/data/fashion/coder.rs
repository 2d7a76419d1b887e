//! Binary arithmetic coder.
//!
//! A message is one long number. Each bit narrows the interval that the number lies in, by the probability that the bit
//! has: a probable bit narrows it little and costs little. Writer and reader go through the same intervals.

/// Probability of 1/2, in multiples of 1/65,536 as all probabilities here.
pub(super) const HALF: u16 = 1 << 15;

/// Writer or reader of bits.
pub(super) trait Bits {
    /// Codes a bit that is set with the probability `set`, which is not 0. A writer writes `bit`, a reader takes no
    /// notice of it. Returns the bit of the message.
    fn code(&mut self, set: u16, bit: bool) -> bool;
}

/// Interval of the message, without the bytes in front that are settled.
pub(super) struct Interval {
    pub(super) low: u32,
    high: u32,
}

impl Interval {
    /// Returns the interval of all messages.
    pub(super) const fn whole() -> Self {
        Self { low: 0, high: u32::MAX }
    }

    /// Returns the last number that stands for a bit that is set.
    pub(super) fn split(&self, set: u16) -> u32 {
        let share = (u64::from(self.high - self.low) * u64::from(set)) >> 16;
        // The share is less than the whole, which has 32 bits.
        self.low + u32::try_from(share).unwrap_or(0)
    }

    /// Narrows the interval to one of its parts: up to the split where the bit is set, behind it otherwise.
    pub(super) const fn narrow(&mut self, split: u32, bit: bool) {
        if bit {
            self.high = split;
        } else {
            self.low = split + 1;
        }
    }

    /// Removes the first byte and returns it, if all numbers of the interval have it in common.
    pub(super) fn settled(&mut self) -> Option<u8> {
        let [[low, ..], [high, ..]] = [self.low, self.high].map(u32::to_be_bytes);
        if low != high {
            return None;
        }
        self.low <<= 8;
        self.high = (self.high << 8) | 0xff;
        Some(low)
    }
}

/// Reader of a message.
pub(super) struct Reader<'a> {
    interval: Interval,
    /// Next four bytes of the message, without those that are settled.
    number: u32,
    rest: std::slice::Iter<'a, u8>,
}

impl<'a> Reader<'a> {
    /// Returns a reader at the beginning of a message. Zeros follow its end.
    pub(super) fn new(message: &'a [u8]) -> Self {
        let mut reader = Self { interval: Interval::whole(), number: 0, rest: message.iter() };
        for _ in 0..size_of::<u32>() {
            reader.advance();
        }
        reader
    }

    fn advance(&mut self) {
        let next = self.rest.next().copied().unwrap_or(0);
        self.number = (self.number << 8) | u32::from(next);
    }
}

impl Bits for Reader<'_> {
    fn code(&mut self, set: u16, _: bool) -> bool {
        let split = self.interval.split(set);
        let bit = self.number <= split;
        self.interval.narrow(split, bit);
        while self.interval.settled().is_some() {
            self.advance();
        }
        bit
    }
}
