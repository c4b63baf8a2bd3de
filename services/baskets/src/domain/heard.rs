//! What was heard of others, by message or by asking: facts of some version, never to be replaced by an older one.
//! `None` = this message does not tell.

use mall_domain::Money;

use super::{Availability, CustomerId, Hold, Offer, PaymentId, ProductId, Shopper, StoreId};

#[derive(Clone, Debug, PartialEq)]
pub struct ProductHeard {
    pub product: ProductId,
    pub version: i64,
    pub store: Option<StoreId>,
    pub name: Option<String>,
    pub price: Option<Money>,
    pub removed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StoreHeard {
    pub store: StoreId,
    pub version: i64,
    pub name: Option<String>,
    pub participating: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CustomerHeard {
    pub customer: CustomerId,
    pub version: i64,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PaymentHeard {
    pub payment: PaymentId,
    pub version: i64,
    pub customer: CustomerId,
    pub authorized: Option<Money>,
    /// Authorized, and not taken by any order yet.
    pub is_free: bool,
}

/// Facts that add up.
pub trait Heard: Clone {
    fn version(&self) -> i64;

    /// Both facts in one; where both tell, the later is right.
    fn and_then(self, later: Self) -> Self;

    /// Both facts in one, whichever was heard first.
    fn merge(self, other: Self) -> Self {
        if other.version() > self.version() { self.and_then(other) } else { other.and_then(self) }
    }
}

impl ProductHeard {
    /// Nothing but that there is a product.
    pub fn of(product: ProductId, version: i64) -> Self {
        Self { product, version, store: None, name: None, price: None, removed: false }
    }

    /// What is offered, if enough was heard of the product and of its store.
    pub fn offer(&self, store: &StoreHeard) -> Option<Offer> {
        Some(Offer {
            product: self.product,
            product_name: self.name.clone()?,
            store: self.store?,
            store_name: store.name.clone()?,
            price: self.price?,
            availability: Availability::of(self.removed, store.participating?),
        })
    }
}

impl StoreHeard {
    /// Nothing but that there is a store.
    pub fn of(store: StoreId, version: i64) -> Self {
        Self { store, version, name: None, participating: None }
    }
}

impl CustomerHeard {
    pub fn shopper(&self) -> Shopper {
        Shopper { customer: self.customer, enabled: self.enabled }
    }
}

impl PaymentHeard {
    /// The payment, if enough was heard of it.
    pub fn hold(&self) -> Option<Hold> {
        Some(Hold { customer: self.customer, authorized: self.authorized?, is_free: self.is_free })
    }
}

impl Heard for ProductHeard {
    fn version(&self) -> i64 {
        self.version
    }

    fn and_then(self, later: Self) -> Self {
        Self {
            store: later.store.or(self.store),
            name: later.name.or(self.name),
            price: later.price.or(self.price),
            removed: later.removed || self.removed,
            ..later
        }
    }
}

impl Heard for StoreHeard {
    fn version(&self) -> i64 {
        self.version
    }

    fn and_then(self, later: Self) -> Self {
        Self { name: later.name.or(self.name), participating: later.participating.or(self.participating), ..later }
    }
}

impl Heard for CustomerHeard {
    fn version(&self) -> i64 {
        self.version
    }

    fn and_then(self, later: Self) -> Self {
        later
    }
}

impl Heard for PaymentHeard {
    fn version(&self) -> i64 {
        self.version
    }

    fn and_then(self, later: Self) -> Self {
        Self { authorized: later.authorized.or(self.authorized), ..later }
    }
}

#[cfg(test)]
mod tests {
    use mall_domain::Uuid;

    use super::*;

    fn product(version: i64) -> ProductHeard {
        ProductHeard::of(Uuid::from_u128(1).into(), version)
    }

    #[test]
    fn facts_add_up_and_the_newest_is_right() {
        let added = ProductHeard { name: Some("Fern".to_owned()), price: Some(Money::usd(500)), ..product(1) };
        let rebranded = ProductHeard { name: Some("Tree".to_owned()), ..product(2) };
        let removed = ProductHeard { removed: true, ..product(3) };
        let expected =
            ProductHeard { name: Some("Tree".to_owned()), price: Some(Money::usd(500)), removed: true, ..product(3) };
        assert_eq!(added.clone().merge(rebranded.clone()).merge(removed.clone()), expected);
        assert_eq!(removed.merge(rebranded).merge(added), expected);
    }
}
