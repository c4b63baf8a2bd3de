//! The rules of the depot. Pure: no I/O, no clock, no randomness.

#![deny(clippy::wildcard_enum_match_arm)]

mod bot;
mod news;
mod refusal;
mod shopping_list;
mod status;
mod stop;

use mall_domain::id;

pub use bot::{Bot, BotEvent, BotRefusal};
pub use news::{ProductNews, StoreNews, by_product, by_store};
pub use refusal::ShoppingListRefusal;
pub use shopping_list::{Listed, ShoppingList, ShoppingListEvent};
pub use status::Status;
pub use stop::{Catalog, MAX_QUANTITY, Product, Stop, StopItem, Wanted, stops};

id!(ShoppingListId, "The id of a shopping list: its order's.");
id!(OrderId, "The id of an order.");
id!(BotId, "The id of a bot.");
id!(StoreId, "The id of a store.");
id!(ProductId, "The id of a product.");
