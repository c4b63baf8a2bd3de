//! Chance that can be repeated: the same seed gives the same schedule.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub(super) struct Random(u64);

impl Random {
    /// From `MALL_SEED`, else from the process's number; says which.
    #[expect(clippy::disallowed_methods, reason = "a run is repeated by its seed")]
    pub(super) fn seeded() -> Self {
        let given = std::env::var("MALL_SEED").ok();
        let seed = given.map_or(u64::from(std::process::id()), |seed| seed.parse().expect("MALL_SEED is a number"));
        crate::say(&format!("repeat this schedule with MALL_SEED={seed}"));
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    let schedule = |seed| {
        let mut random = Random(seed);
        let mut order = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        random.shuffle(&mut order);
        (order, random.below(1_000))
    };
    assert_eq!(schedule(7), schedule(7));
    assert_ne!(schedule(7), schedule(8));
}
