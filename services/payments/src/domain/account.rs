//! An account: where the money of one payment is.

use mall_domain::{Money, MoneyRefusal, OffsetDateTime};

use super::{CustomerId, OrderId};

/// Always: held + captured + released + voided = authorized.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub customer: CustomerId,
    pub status: PaymentStatus,
    pub authorized: Money,
    pub held: Money,
    pub captured: Money,
    pub released: Money,
    pub voided: Money,
    /// When it is voided if no order has taken it.
    pub expires_at: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PaymentStatus {
    Authorized,
    Confirmed(OrderId),
    Captured(OrderId),
    Released(OrderId),
    Voided,
}

impl Account {
    pub fn open(customer: CustomerId, amount: Money, expires_at: OffsetDateTime) -> Self {
        let nothing = Money::zero(amount.currency);
        Self {
            customer,
            status: PaymentStatus::Authorized,
            authorized: amount,
            held: amount,
            captured: nothing,
            released: nothing,
            voided: nothing,
            expires_at,
        }
    }

    /// What would be left after `amount` was taken; `None` when there is not that much.
    pub fn rest_after(&self, amount: Money) -> Result<Option<Money>, MoneyRefusal> {
        let rest = self.held.minus(amount)?;
        Ok((rest.minor >= 0).then_some(rest))
    }

    pub(super) fn capture(&mut self, amount: Money) {
        self.captured = amount;
        self.let_go(amount);
    }

    pub(super) fn release(&mut self, amount: Money) {
        self.released = amount;
        self.let_go(amount);
    }

    pub(super) fn void(&mut self, amount: Money) {
        self.voided = amount;
        self.let_go(amount);
    }

    fn let_go(&mut self, amount: Money) {
        self.held.minor -= amount.minor;
    }
}

impl PaymentStatus {
    /// The order that the payment was confirmed for, whatever became of it.
    pub fn order(self) -> Option<OrderId> {
        match self {
            Self::Confirmed(order) | Self::Captured(order) | Self::Released(order) => Some(order),
            Self::Authorized | Self::Voided => None,
        }
    }
}

impl std::fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Authorized => "authorized",
            Self::Confirmed(_) => "confirmed",
            Self::Captured(_) => "captured",
            Self::Released(_) => "released",
            Self::Voided => "voided",
        })
    }
}
