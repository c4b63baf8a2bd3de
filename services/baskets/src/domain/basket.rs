//! A basket: what a customer collects until it becomes an order.

use std::collections::HashMap;

use mall_domain::{Aggregate, Currency, Money, MoneyRefusal};
use serde::{Deserialize, Serialize};

use super::line::{self, MOST_PIECES};
use super::{BasketId, BasketRefusal, CustomerId, Hold, Line, Offer, PaymentId, ProductId, Shopper};

/// The most lines of one basket.
pub const MOST_LINES: usize = 100;

/// What the stores offer now, of the products in a basket.
pub type Offers = HashMap<ProductId, Offer>;

#[derive(Clone, Debug, Default)]
pub struct Basket {
    customer: Option<CustomerId>,
    status: BasketStatus,
    lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum BasketStatus {
    #[default]
    Open,
    CheckedOut(PaymentId),
    Canceled,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum BasketEvent {
    Started { customer: CustomerId },
    ItemAdded { line: Line },
    ItemRemoved { product: ProductId, quantity: u32 },
    PricesAccepted { prices: Vec<(ProductId, Money)> },
    Canceled,
    CheckedOut { payment: PaymentId, total: Money },
}

impl Basket {
    pub fn start(shopper: Shopper) -> Result<BasketEvent, BasketRefusal> {
        if !shopper.enabled {
            return Err(BasketRefusal::CustomerDisabled(shopper.customer));
        }
        Ok(BasketEvent::Started { customer: shopper.customer })
    }

    /// Adds to the product's line, or begins one at the offer's price.
    pub fn add_item(&self, offer: &Offer, quantity: u32) -> Result<BasketEvent, BasketRefusal> {
        self.open()?;
        line::quantity(quantity)?;
        match self.line(offer.product) {
            Some(line) => {
                line.check(offer)?;
                if line.quantity + quantity > MOST_PIECES {
                    return Err(BasketRefusal::LineFull { has: line.quantity });
                }
            }
            None => {
                line::available(offer)?;
                if self.lines.len() == MOST_LINES {
                    return Err(BasketRefusal::BasketFull);
                }
            }
        }
        Ok(BasketEvent::ItemAdded { line: Line::of(offer, quantity) })
    }

    pub fn remove_item(&self, product: ProductId, quantity: u32) -> Result<BasketEvent, BasketRefusal> {
        self.open()?;
        line::quantity(quantity)?;
        let has = self.line(product).ok_or(BasketRefusal::NotInBasket)?.quantity;
        if quantity > has {
            return Err(BasketRefusal::MoreThanThereIs { has });
        }
        Ok(BasketEvent::ItemRemoved { product, quantity })
    }

    /// Takes over the offers' prices, if they add up to the total that the customer has seen.
    pub fn accept_prices(&self, offers: &Offers, total: Money) -> Result<Option<BasketEvent>, BasketRefusal> {
        self.open()?;
        let price = |line: &Line| offers.get(&line.product).map_or(line.price, |offer| offer.price);
        let now = self.lines.iter().map(|line| price(line).times(line.quantity)).collect::<Result<Vec<_>, _>>()?;
        let now = Money::sum(total.currency, now)?;
        if now != total {
            return Err(BasketRefusal::OtherTotal(now));
        }
        let changed = self.lines.iter().filter(|line| price(line) != line.price);
        let prices: Vec<_> = changed.map(|line| (line.product, price(line))).collect();
        Ok((!prices.is_empty()).then_some(BasketEvent::PricesAccepted { prices }))
    }

    pub fn cancel(&self) -> Result<BasketEvent, BasketRefusal> {
        self.open()?;
        Ok(BasketEvent::Canceled)
    }

    /// Whether a checkout with this payment has anything left to do; a repeat has not.
    pub fn awaits_check_out(&self, payment: PaymentId) -> Result<bool, BasketRefusal> {
        match self.status {
            BasketStatus::CheckedOut(earlier) if earlier == payment => Ok(false),
            BasketStatus::CheckedOut(_) => Err(BasketRefusal::CheckedOutOtherwise),
            BasketStatus::Canceled => Err(BasketRefusal::NotOpen(self.status)),
            BasketStatus::Open if self.lines.is_empty() => Err(BasketRefusal::Empty),
            BasketStatus::Open => Ok(true),
        }
    }

    /// Closes the basket; an order is made of it.
    pub fn check_out(
        &self,
        offers: &Offers,
        payment: PaymentId,
        hold: Hold,
    ) -> Result<Option<BasketEvent>, BasketRefusal> {
        if !self.awaits_check_out(payment)? {
            return Ok(None);
        }
        for line in &self.lines {
            let gone = || BasketRefusal::ProductRemoved(line.product_name.clone());
            line.check(offers.get(&line.product).ok_or_else(gone)?)?;
        }
        let total = self.total(hold.authorized.currency)?;
        self.check_hold(hold, total)?;
        Ok(Some(BasketEvent::CheckedOut { payment, total }))
    }

    fn check_hold(&self, hold: Hold, total: Money) -> Result<(), BasketRefusal> {
        if let Some(customer) = self.customer.filter(|customer| *customer != hold.customer) {
            return Err(BasketRefusal::PaymentOfAnother(customer));
        }
        if !hold.is_free {
            return Err(BasketRefusal::PaymentNotAuthorized);
        }
        if !hold.authorized.covers(total)? {
            return Err(BasketRefusal::PaymentTooSmall { authorized: hold.authorized, total });
        }
        Ok(())
    }

    pub fn customer(&self) -> Option<CustomerId> {
        self.customer
    }

    pub fn status(&self) -> BasketStatus {
        self.status
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn products(&self) -> Vec<ProductId> {
        self.lines.iter().map(|line| line.product).collect()
    }

    /// What the lines cost at their own prices.
    pub fn total(&self, currency: Currency) -> Result<Money, MoneyRefusal> {
        self.lines.iter().try_fold(Money::zero(currency), |sum, line| sum.plus(line.total()?))
    }

    fn open(&self) -> Result<(), BasketRefusal> {
        match self.status {
            BasketStatus::Open => Ok(()),
            status => Err(BasketRefusal::NotOpen(status)),
        }
    }

    fn line(&self, product: ProductId) -> Option<&Line> {
        self.lines.iter().find(|line| line.product == product)
    }

    fn line_mut(&mut self, product: ProductId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.product == product)
    }
}

impl Aggregate for Basket {
    const KIND: &'static str = "baskets.Basket";
    type Id = BasketId;
    type Event = BasketEvent;

    fn apply(&mut self, event: &BasketEvent) {
        match event {
            BasketEvent::Started { customer } => self.customer = Some(*customer),
            BasketEvent::ItemAdded { line: added } => match self.line_mut(added.product) {
                Some(line) => line.quantity += added.quantity,
                None => self.lines.push(added.clone()),
            },
            BasketEvent::ItemRemoved { product, quantity } => {
                if let Some(line) = self.line_mut(*product) {
                    line.quantity = line.quantity.saturating_sub(*quantity);
                }
                self.lines.retain(|line| line.quantity > 0);
            }
            BasketEvent::PricesAccepted { prices } => {
                for (product, price) in prices {
                    if let Some(line) = self.line_mut(*product) {
                        line.price = *price;
                    }
                }
            }
            BasketEvent::Canceled => self.status = BasketStatus::Canceled,
            BasketEvent::CheckedOut { payment, .. } => self.status = BasketStatus::CheckedOut(*payment),
        }
    }
}

impl std::fmt::Display for BasketStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::CheckedOut(_) => "checked-out",
            Self::Canceled => "canceled",
        })
    }
}

#[cfg(test)]
mod tests;
