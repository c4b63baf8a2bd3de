//! The rules of a shopping list, as they are told to those who break them.

use mall_domain::Refusal;

use super::{MAX_QUANTITY, ProductId, Status, StoreId};

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ShoppingListRefusal {
    #[error("a shopping list needs at least one item")]
    NoItems,
    #[error("a quantity is 1 to {MAX_QUANTITY} pieces, not {0}")]
    QuantityOutOfRange(u32),
    #[error("there is no product {0}")]
    UnknownProduct(ProductId),
    #[error("{0} is not sold any more")]
    RemovedProduct(String),
    #[error("store {1} does not sell product {0}")]
    SoldElsewhere(ProductId, StoreId),
    #[error("the shopping list was canceled before it was made")]
    CanceledBeforehand,
    #[error("the shopping list is {0}, not pending")]
    NotPending(Status),
    #[error("the shopping list is {0}, not available: claim another")]
    NotAvailable(Status),
    #[error("the shopping list is {0}, not assigned to a bot")]
    NotAssigned(Status),
    #[error("the shopping list is {0}: only one that is not completed can be canceled")]
    NotCancelable(Status),
    #[error("no shopping list is available: try again later")]
    NoneAvailable,
    #[error("a status is pending, available, assigned, completed, canceled or returned")]
    NotAStatus,
}

impl Refusal for ShoppingListRefusal {
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotAStatus => Some("status"),
            Self::NoItems | Self::QuantityOutOfRange(_) => Some("items"),
            Self::UnknownProduct(_)
            | Self::RemovedProduct(_)
            | Self::SoldElsewhere(..)
            | Self::CanceledBeforehand
            | Self::NotPending(_)
            | Self::NotAvailable(_)
            | Self::NotAssigned(_)
            | Self::NotCancelable(_)
            | Self::NoneAvailable => None,
        }
    }
}
