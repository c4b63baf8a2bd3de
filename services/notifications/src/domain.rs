//! What notifications decides: what a customer is told, and when a text that was not taken is tried again.

pub mod news;
pub mod patience;

pub use news::{News, Text};

mall_domain::id!(OrderId, "the id of an order");
mall_domain::id!(CustomerId, "the id of a customer");
