//! How far the numbers that a recorder gives its pictures can be believed: some write them wrong.

/// One for each right number, less [`PRICE`] for each other one.
#[derive(Debug, Default)]
pub(super) struct Credit(u32);

/// So much makes the numbers believed.
const BELIEVED: u32 = 64;
const MOST: u32 = 256;
/// A recorder that leaves out more than one picture in so many, for long, is taken for one that does not know how to count.
const PRICE: u32 = 16;

impl Credit {
    /// Whether a step is a loss although no packet seems to be missing.
    pub(super) fn is_enough(&self) -> bool {
        self.0 >= BELIEVED
    }

    pub(super) fn right(&mut self) {
        self.0 = (self.0 + 1).min(MOST);
    }

    pub(super) fn wrong(&mut self) {
        self.0 = self.0.saturating_sub(PRICE);
    }

    pub(super) fn lose(&mut self) {
        self.0 = 0;
    }
}
