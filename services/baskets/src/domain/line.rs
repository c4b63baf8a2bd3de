//! A line of a basket: so many of one product, at the price that it had when it was added.

use mall_domain::{Money, MoneyRefusal};
use serde::{Deserialize, Serialize};

use super::{Availability, BasketRefusal, Offer, ProductId, StoreId};

/// The most pieces of one product.
pub const MOST_PIECES: u32 = 999;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub product: ProductId,
    pub product_name: String,
    pub store: StoreId,
    pub store_name: String,
    pub price: Money,
    pub quantity: u32,
}

impl Line {
    pub fn of(offer: &Offer, quantity: u32) -> Self {
        Self {
            product: offer.product,
            product_name: offer.product_name.clone(),
            store: offer.store,
            store_name: offer.store_name.clone(),
            price: offer.price,
            quantity,
        }
    }

    pub fn total(&self) -> Result<Money, MoneyRefusal> {
        self.price.times(self.quantity)
    }

    /// Refuses what nobody sells any more, and what is sold at another price than this line's.
    pub fn check(&self, offer: &Offer) -> Result<(), BasketRefusal> {
        available(offer)?;
        if offer.price != self.price {
            let (then, now) = (self.price, offer.price);
            return Err(BasketRefusal::PriceChanged { name: self.product_name.clone(), then, now });
        }
        Ok(())
    }
}

/// Refuses what nobody sells any more.
pub fn available(offer: &Offer) -> Result<(), BasketRefusal> {
    match offer.availability {
        Availability::Available => Ok(()),
        Availability::Removed => Err(BasketRefusal::ProductRemoved(offer.product_name.clone())),
        Availability::StoreNotParticipating => Err(BasketRefusal::StoreNotParticipating(offer.store_name.clone())),
    }
}

/// Refuses no pieces at all, and more than a line can hold.
pub fn quantity(pieces: u32) -> Result<(), BasketRefusal> {
    if !(1..=MOST_PIECES).contains(&pieces) {
        return Err(BasketRefusal::QuantityOutOfRange);
    }
    Ok(())
}
