//! What a basket has to know of others before it decides.

use mall_domain::Money;

use super::{CustomerId, ProductId, StoreId};

/// A customer who may shop, or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shopper {
    pub customer: CustomerId,
    pub enabled: bool,
}

/// A product as its store offers it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub product: ProductId,
    pub product_name: String,
    pub store: StoreId,
    pub store_name: String,
    pub price: Money,
    pub availability: Availability,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Available,
    Removed,
    StoreNotParticipating,
}

/// A payment: what its customer has authorized, and whether no order has taken it yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hold {
    pub customer: CustomerId,
    pub authorized: Money,
    pub is_free: bool,
}

impl Offer {
    pub fn is_available(&self) -> bool {
        self.availability == Availability::Available
    }
}

impl Availability {
    pub fn of(removed: bool, participating: bool) -> Self {
        match (removed, participating) {
            (true, _) => Self::Removed,
            (false, false) => Self::StoreNotParticipating,
            (false, true) => Self::Available,
        }
    }
}
