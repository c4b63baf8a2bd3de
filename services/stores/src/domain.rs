//! What stores and products are and may do.

mod product;
mod store;

pub use product::{NewProduct, Product, ProductEvent, ProductId, ProductRefusal};
pub use store::{Store, StoreEvent, StoreId, StoreRefusal};
