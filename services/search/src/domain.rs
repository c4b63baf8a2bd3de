//! What is searched for, and what is found.

mod filters;
mod order;

use mall_domain::id;

pub use filters::Filters;
pub use order::{Item, NewOrder, Order, Status, StatusRefusal};

id!(OrderId, "the id of an order");
id!(CustomerId, "the id of a customer");
id!(StoreId, "the id of a store");
id!(ProductId, "the id of a product");
