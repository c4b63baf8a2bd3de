//! The ids that sagas carry about.

use mall_domain::id;

id!(OrderId, "The id of an order, and of its sagas and its shopping list.");
id!(CustomerId, "The id of a customer.");
id!(PaymentId, "The id of a payment.");
id!(StoreId, "The id of a store.");
id!(ProductId, "The id of a product.");
