//! The tables of notifications.

pub mod customers;
pub mod local_texts;
pub mod texts;
