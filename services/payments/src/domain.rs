//! What payments decides: how long money is held, whose it becomes, and what an order's invoice asks for.

pub mod account;
pub mod invoice;
pub mod payment;

pub use account::{Account, PaymentStatus};
pub use invoice::{Bill, Invoice, InvoiceEvent, InvoiceRefusal, InvoiceStatus};
pub use payment::{Payment, PaymentEvent, PaymentRefusal};

mall_domain::id!(PaymentId, "the id of a payment");
mall_domain::id!(OrderId, "the id of an order, which is its invoice's too");
mall_domain::id!(CustomerId, "the id of a customer");
