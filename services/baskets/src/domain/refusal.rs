//! Why a basket does not do what it is asked.

use mall_domain::{Money, MoneyRefusal, Refusal, RefusalKind};

use super::basket::MOST_LINES;
use super::line::MOST_PIECES;
use super::{BasketStatus, CustomerId};

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum BasketRefusal {
    #[error("customer {0} is disabled and cannot shop")]
    CustomerDisabled(CustomerId),
    #[error("the basket is {0}, not open; start another")]
    NotOpen(BasketStatus),
    #[error("a quantity is 1 to {MOST_PIECES}")]
    QuantityOutOfRange,
    #[error("a line holds {MOST_PIECES} at most and has {has} already; add no more than the difference")]
    LineFull { has: u32 },
    #[error("a basket holds {MOST_LINES} lines at most; check this one out and start another")]
    BasketFull,
    #[error("{0} is no longer sold; remove it from the basket")]
    ProductRemoved(String),
    #[error("{0} does not participate at the moment; leave its products out")]
    StoreNotParticipating(String),
    #[error("the price of {name} was {then} and is {now}; accept the new prices first")]
    PriceChanged { name: String, then: Money, now: Money },
    #[error("the product is not in the basket")]
    NotInBasket,
    #[error("the basket has only {has} of this product; remove no more than that")]
    MoreThanThereIs { has: u32 },
    #[error("the basket's total at the present prices is {0}; accept that one")]
    OtherTotal(Money),
    #[error("the basket is empty; add a product first")]
    Empty,
    #[error("the payment is not one of customer {0}; use one of their own")]
    PaymentOfAnother(CustomerId),
    #[error("the payment is no longer free; authorize another")]
    PaymentNotAuthorized,
    #[error("the payment of {authorized} does not cover the total of {total}; authorize a larger one")]
    PaymentTooSmall { authorized: Money, total: Money },
    #[error("the basket was checked out with another payment")]
    CheckedOutOtherwise,
    #[error(transparent)]
    Money(#[from] MoneyRefusal),
}

impl Refusal for BasketRefusal {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::QuantityOutOfRange | Self::Money(_) => RefusalKind::Invalid,
            Self::CustomerDisabled(_)
            | Self::NotOpen(_)
            | Self::LineFull { .. }
            | Self::BasketFull
            | Self::ProductRemoved(_)
            | Self::StoreNotParticipating(_)
            | Self::PriceChanged { .. }
            | Self::NotInBasket
            | Self::MoreThanThereIs { .. }
            | Self::OtherTotal(_)
            | Self::Empty
            | Self::PaymentOfAnother(_)
            | Self::PaymentNotAuthorized
            | Self::PaymentTooSmall { .. }
            | Self::CheckedOutOtherwise => RefusalKind::Rule,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::QuantityOutOfRange => Some("quantity"),
            _ => None,
        }
    }
}
