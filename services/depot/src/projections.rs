//! The depot's tables: which lists there are, and what it has heard of products and stores.

pub mod lists;
pub mod products;
pub mod stores;
