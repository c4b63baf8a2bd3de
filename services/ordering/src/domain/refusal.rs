//! The rules of an order, as they are told to those who break them.

use mall_domain::{Money, MoneyRefusal, Refusal, RefusalKind};

use super::{MAX_ITEMS, MAX_QUANTITY, ProductId, Status};

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OrderRefusal {
    #[error("an order needs at least one item")]
    NoItems,
    #[error("an order has at most {MAX_ITEMS} items, not {0}: split it")]
    TooManyItems(usize),
    #[error("a quantity is 1 to {MAX_QUANTITY} pieces of a product, not {0}")]
    QuantityOutOfRange(u32),
    #[error("a price is above zero, not {0}")]
    PriceNotPositive(Money),
    #[error("there is no product {0}: take one that a store offers")]
    UnknownProduct(ProductId),
    #[error("{0} is not sold any more: take another product")]
    ProductRemoved(String),
    #[error("{0} does not participate at the moment: take another store's product")]
    StoreNotParticipating(String),
    #[error("{0}")]
    TotalOutOfRange(#[from] MoneyRefusal),
    #[error("the order is {0}, not pending")]
    NotPending(Status),
    #[error("the order's shopping list was canceled, so nobody collects its goods: place a new order")]
    ListCanceled,
    #[error("the order is {0}, not ready")]
    NotReady(Status),
    #[error("the order is ready: cancel its invoice instead, and the order with it")]
    CancelItsInvoice,
    #[error("the order is {0}: only a pending or an approved one can be canceled")]
    NotCancelable(Status),
}

impl Refusal for OrderRefusal {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NoItems
            | Self::TooManyItems(_)
            | Self::QuantityOutOfRange(_)
            | Self::PriceNotPositive(_)
            | Self::TotalOutOfRange(_) => RefusalKind::Invalid,
            Self::UnknownProduct(_)
            | Self::ProductRemoved(_)
            | Self::StoreNotParticipating(_)
            | Self::NotPending(_)
            | Self::ListCanceled
            | Self::NotReady(_)
            | Self::CancelItsInvoice
            | Self::NotCancelable(_) => RefusalKind::Rule,
        }
    }

    fn field(&self) -> Option<&'static str> {
        (self.kind() == RefusalKind::Invalid).then_some("items")
    }
}
