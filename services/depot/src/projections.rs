//! The depot's tables: which lists there are, and what it has heard of products and stores.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod lists;
pub mod products;
pub mod stores;
