//! The rules of ordering. Pure: no I/O, no clock, no randomness.

#![deny(clippy::wildcard_enum_match_arm)]

mod item;
mod order;
mod refusal;
mod status;

use mall_domain::id;

pub use item::{Item, Line, MAX_ITEMS, MAX_QUANTITY, Offer, priced, products};
pub use order::{Order, OrderEvent, Placed};
pub use refusal::OrderRefusal;
pub use status::Status;

id!(OrderId, "The id of an order: its basket's, and that of its saga, shopping list and invoice.");
id!(CustomerId, "The id of a customer.");
id!(PaymentId, "The id of a payment.");
id!(ShoppingListId, "The id of a shopping list.");
id!(InvoiceId, "The id of an invoice.");
id!(StoreId, "The id of a store.");
id!(ProductId, "The id of a product.");
