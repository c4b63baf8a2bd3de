//! What a customer is and may do.

mod customer;

pub use customer::{Customer, CustomerEvent, CustomerId, CustomerRefusal};
