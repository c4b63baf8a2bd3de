//! The tables behind the lists.

pub mod products;
pub mod stores;
