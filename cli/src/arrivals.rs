//! When independent callers come: an open loop, the same one for the same seed.

use std::time::Duration;

/// Chance, the same for the same seed: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to but not including 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to but not including `count`, which is not 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((self.uniform() * count as f64) as usize).min(count - 1)
    }
}

/// When each of `count` independent callers comes: exponential gaps, stretched so that they fill the time exactly.
pub(crate) fn arrivals(seed: u64, count: usize, length: Duration) -> Vec<Duration> {
    let mut chance = Chance::of(seed);
    let mut at = 0.0;
    let times: Vec<f64> = (0..count)
        .map(|_| {
            at -= (1.0 - chance.uniform()).ln();
            at
        })
        .collect();
    times.into_iter().map(|time| length.mul_f64(time / at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_rise_fill_the_time_and_are_as_uneven_as_chance() {
        let times = arrivals(1, 1_000, Duration::from_secs(10));
        assert!(times.is_sorted());
        assert_eq!(times.last(), Some(&Duration::from_secs(10)));
        let gaps = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64());
        // Of exponential gaps, 1/e = 36.8% are above their mean.
        let above = gaps.filter(|gap| *gap > 0.01).count();
        assert!((318..=418).contains(&above), "{above}");
        assert_eq!(times, arrivals(1, 1_000, Duration::from_secs(10)));
    }

    #[test]
    fn chance_stays_within_its_bounds() {
        let mut chance = Chance::of(7);
        let drawn: Vec<usize> = (0..1_000).map(|_| chance.below(3)).collect();
        assert!([0, 1, 2].iter().all(|number| drawn.contains(number)));
        assert!(drawn.iter().all(|number| *number < 3));
    }
}
