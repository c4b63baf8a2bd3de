//! Backoff that doubles, and forgets when things go well.

use std::time::Duration;

/// Doubles from `first` up to `most`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    tries: u32,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, tries: 0 }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.first.saturating_mul(1 << self.tries.min(16)).min(self.most);
        self.tries += 1;
        wait
    }

    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }
}
