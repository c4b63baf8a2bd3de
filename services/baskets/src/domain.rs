//! What baskets decides: what may lie in a basket, at which price, and when it becomes an order.

pub mod basket;
pub mod heard;
pub mod known;
pub mod line;
pub mod refusal;

pub use basket::{Basket, BasketEvent, BasketStatus, Offers};
pub use heard::{CustomerHeard, PaymentHeard, ProductHeard, StoreHeard};
pub use known::{Availability, Hold, Offer, Shopper};
pub use line::Line;
pub use refusal::BasketRefusal;

mall_domain::id!(BasketId, "the id of a basket, which becomes its order's");
mall_domain::id!(CustomerId, "the id of a customer");
mall_domain::id!(ProductId, "the id of a product");
mall_domain::id!(StoreId, "the id of a store");
mall_domain::id!(PaymentId, "the id of a payment");
