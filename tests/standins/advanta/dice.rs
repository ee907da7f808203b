//! Seeded choices: the same seed, the same run.

use uuid::{Builder, Uuid};

/// A small generator (SplitMix64), so that no library's next version changes an old run.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// A generator for a seed; every seed is as good as any.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`, which is not 0.
    pub fn roll(&mut self, sides: u64) -> u64 {
        (self.next() >> 11) % sides
    }

    /// True once in `chances` throws on average; never for 0.
    pub fn one_in(&mut self, chances: u64) -> bool {
        chances != 0 && self.roll(chances) == 0
    }

    /// One of the items, `None` when there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let sides = from.len().max(1) as u64;
        from.get(usize::try_from(self.roll(sides)).unwrap_or(0))
    }

    /// Puts the items in another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.roll(last as u64 + 1)).unwrap_or(0);
            items.swap(last, other);
        }
    }

    /// A GUID that looks like any other.
    pub fn guid(&mut self) -> Uuid {
        let high = u128::from(self.next()) << 64;
        Builder::from_random_bytes((high | u128::from(self.next())).to_be_bytes()).into_uuid()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
