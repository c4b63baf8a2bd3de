//! The tables that are searched.

pub mod names;
pub mod orders;
