//! The tables of baskets: what was heard of others.

pub mod customers;
pub mod payments;
pub mod products;
pub mod stores;

use std::collections::BTreeMap;

use mall_domain::Currency;
use mall_persistence::sqlx;

use crate::domain::heard::Heard;

/// One fact for each key, in the order of the keys.
fn add_up<K: Ord, T: Heard>(inputs: &[&T], key: impl Fn(&T) -> K) -> Vec<T> {
    let mut facts: BTreeMap<K, T> = BTreeMap::new();
    for input in inputs.iter().copied().cloned() {
        let key = key(&input);
        let fact = match facts.remove(&key) {
            Some(earlier) => earlier.merge(input),
            None => input,
        };
        facts.insert(key, fact);
    }
    facts.into_values().collect()
}

fn currency(code: &str) -> Result<Currency, sqlx::Error> {
    Currency::parse(code).map_err(|error| sqlx::Error::Decode(error.into()))
}
