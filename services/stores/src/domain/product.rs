//! A product: what a store offers at a price, until it is removed.

use mall_domain::{Aggregate, Currency, Money, Refusal, RefusalKind, id, text};
use serde::{Deserialize, Serialize};

use super::StoreId;

id!(ProductId, "the id of a product");

/// The highest price, in cents: 1,000,000.00. The lowest is one cent.
const MAX_PRICE: i64 = 100_000_000;

/// What is to be offered, as somebody has typed it.
#[derive(Clone, Debug)]
pub struct NewProduct {
    pub store_id: StoreId,
    pub name: String,
    pub description: String,
    pub sku: String,
    pub price: Money,
}

#[derive(Clone, Debug, Default)]
pub struct Product {
    /// `None` once it is removed.
    offer: Option<Offer>,
}

#[derive(Clone, Debug)]
struct Offer {
    name: String,
    description: String,
    price: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ProductEvent {
    Added { store_id: StoreId, name: String, description: String, sku: String, price: Money },
    Rebranded { name: String, description: String },
    PriceChanged { price: Money },
    Removed,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProductRefusal {
    #[error("a product's name is one line of 1 to 200 characters")]
    InvalidName,
    #[error("a product's description has at most 2000 characters")]
    InvalidDescription,
    #[error("a SKU is one line of 1 to 200 characters")]
    InvalidSku,
    #[error("another product of the store has this SKU: choose another")]
    SkuTaken,
    #[error("a price is between 0.01 and 1000000.00")]
    PriceOutOfRange,
    #[error("the product is priced in {0}")]
    OtherCurrency(Currency),
    #[error("the price is {0} already: an increase needs a higher one")]
    NotHigher(Money),
    #[error("the price is {0} already: a decrease needs a lower one")]
    NotLower(Money),
    #[error("the product was removed")]
    Removed,
}

impl Refusal for ProductRefusal {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::InvalidName
            | Self::InvalidDescription
            | Self::InvalidSku
            | Self::PriceOutOfRange
            | Self::OtherCurrency(_) => RefusalKind::Invalid,
            Self::SkuTaken => RefusalKind::Exists,
            Self::NotHigher(_) | Self::NotLower(_) | Self::Removed => RefusalKind::Rule,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidName => Some("name"),
            Self::InvalidDescription => Some("description"),
            Self::InvalidSku | Self::SkuTaken => Some("sku"),
            Self::PriceOutOfRange | Self::OtherCurrency(_) | Self::NotHigher(_) | Self::NotLower(_) => Some("price"),
            Self::Removed => None,
        }
    }
}

impl Product {
    /// That the SKU is new in its store is not seen here: the table of products holds it.
    pub fn add(new: &NewProduct) -> Result<ProductEvent, ProductRefusal> {
        Ok(ProductEvent::Added {
            store_id: new.store_id,
            name: text::line(&new.name).ok_or(ProductRefusal::InvalidName)?,
            description: text::lines(&new.description).ok_or(ProductRefusal::InvalidDescription)?,
            sku: text::line(&new.sku).ok_or(ProductRefusal::InvalidSku)?,
            price: in_range(new.price)?,
        })
    }

    pub fn rebrand(&self, name: &str, description: &str) -> Result<Option<ProductEvent>, ProductRefusal> {
        let offer = self.offer()?;
        let name = text::line(name).ok_or(ProductRefusal::InvalidName)?;
        let description = text::lines(description).ok_or(ProductRefusal::InvalidDescription)?;
        if name == offer.name && description == offer.description {
            return Ok(None);
        }
        Ok(Some(ProductEvent::Rebranded { name, description }))
    }

    pub fn increase_price(&self, price: Money) -> Result<ProductEvent, ProductRefusal> {
        let old = self.price_to_compare(price)?;
        if price.minor <= old.minor {
            return Err(ProductRefusal::NotHigher(old));
        }
        Ok(ProductEvent::PriceChanged { price })
    }

    pub fn decrease_price(&self, price: Money) -> Result<ProductEvent, ProductRefusal> {
        let old = self.price_to_compare(price)?;
        if price.minor >= old.minor {
            return Err(ProductRefusal::NotLower(old));
        }
        Ok(ProductEvent::PriceChanged { price })
    }

    pub fn remove(&self) -> Result<ProductEvent, ProductRefusal> {
        self.offer()?;
        Ok(ProductEvent::Removed)
    }

    fn offer(&self) -> Result<&Offer, ProductRefusal> {
        self.offer.as_ref().ok_or(ProductRefusal::Removed)
    }

    /// The price of today, if `new` may replace it at all.
    fn price_to_compare(&self, new: Money) -> Result<Money, ProductRefusal> {
        let old = self.offer()?.price;
        if old.currency != new.currency {
            return Err(ProductRefusal::OtherCurrency(old.currency));
        }
        in_range(new)?;
        Ok(old)
    }
}

fn in_range(price: Money) -> Result<Money, ProductRefusal> {
    if !(1..=MAX_PRICE).contains(&price.minor) {
        return Err(ProductRefusal::PriceOutOfRange);
    }
    Ok(price)
}

impl Aggregate for Product {
    const KIND: &'static str = "stores.Product";
    type Id = ProductId;
    type Event = ProductEvent;

    fn apply(&mut self, event: &ProductEvent) {
        match event {
            ProductEvent::Added { name, description, price, .. } => {
                self.offer = Some(Offer { name: name.clone(), description: description.clone(), price: *price });
            }
            ProductEvent::Rebranded { name, description } => {
                if let Some(offer) = &mut self.offer {
                    offer.name.clone_from(name);
                    offer.description.clone_from(description);
                }
            }
            ProductEvent::PriceChanged { price } => {
                if let Some(offer) = &mut self.offer {
                    offer.price = *price;
                }
            }
            ProductEvent::Removed => self.offer = None,
        }
    }
}

#[cfg(test)]
mod tests;
