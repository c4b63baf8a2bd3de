//! The tables of payments.

pub mod expiry_cursor;
pub mod invoices;
