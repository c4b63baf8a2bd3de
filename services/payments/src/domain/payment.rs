//! A payment: money of a customer that is held until an order takes it, gives it back, or nobody wants it.

use std::collections::BTreeSet;

use mall_domain::{Aggregate, Money, MoneyRefusal, OffsetDateTime, Refusal};
use serde::{Deserialize, Serialize};
use time::Duration;

use super::{Account, CustomerId, OrderId, PaymentId, PaymentStatus};

/// How long a payment may stay authorized before it is voided.
pub const MAY_STAY_AUTHORIZED: Duration = Duration::hours(24);

#[derive(Clone, Debug, Default)]
pub struct Payment {
    /// `None` where only releases came, for a payment that never was.
    account: Option<Account>,
    /// Orders that have given this payment up: they can never take it again.
    released_for: BTreeSet<OrderId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum PaymentEvent {
    Authorized {
        customer: CustomerId,
        amount: Money,
        #[serde(with = "time::serde::rfc3339")]
        expires_at: OffsetDateTime,
    },
    Confirmed {
        order: OrderId,
        amount: Money,
    },
    Captured {
        order: OrderId,
        amount: Money,
    },
    /// What a capture left over.
    RestReleased {
        order: OrderId,
        amount: Money,
    },
    Released {
        order: OrderId,
        amount: Money,
    },
    /// There was nothing to release for this order, and there never will be.
    OrderBarred {
        order: OrderId,
    },
    Voided {
        amount: Money,
    },
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PaymentRefusal {
    #[error("the amount is {0}; it must be above zero")]
    AmountNotPositive(Money),
    #[error("nothing was ever authorized under this id; authorize a payment first")]
    NeverAuthorized,
    #[error("the payment is {0}, not authorized; authorize another")]
    NotAuthorized(PaymentStatus),
    #[error("the payment was released for order {0}, which cannot take it again")]
    ReleasedForOrder(OrderId),
    #[error("the payment is not one of customer {0}; use one of their own")]
    OtherCustomer(CustomerId),
    #[error("{asked} is more than the authorized {authorized}; authorize a payment that covers it")]
    AboveAuthorized { asked: Money, authorized: Money },
    #[error("the payment is {status}, not confirmed for order {order}")]
    NotConfirmed { status: PaymentStatus, order: OrderId },
    #[error(transparent)]
    Money(#[from] MoneyRefusal),
}

impl Refusal for PaymentRefusal {
    fn field(&self) -> Option<&'static str> {
        matches!(self, Self::AmountNotPositive(_) | Self::Money(_)).then_some("amount")
    }
}

impl Payment {
    /// Where the money is; `None` if nothing was ever authorized under this id.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    pub fn authorize(customer: CustomerId, amount: Money, now: OffsetDateTime) -> Result<PaymentEvent, PaymentRefusal> {
        positive(amount)?;
        Ok(PaymentEvent::Authorized { customer, amount, expires_at: now + MAY_STAY_AUTHORIZED })
    }

    pub fn confirm(
        &self,
        order: OrderId,
        customer: CustomerId,
        amount: Money,
    ) -> Result<Option<PaymentEvent>, PaymentRefusal> {
        let account = self.known()?;
        match account.status {
            PaymentStatus::Confirmed(taker) | PaymentStatus::Captured(taker) if taker == order => return Ok(None),
            _ if self.released_for.contains(&order) => return Err(PaymentRefusal::ReleasedForOrder(order)),
            PaymentStatus::Authorized => {}
            status => return Err(PaymentRefusal::NotAuthorized(status)),
        }
        if account.customer != customer {
            return Err(PaymentRefusal::OtherCustomer(customer));
        }
        positive(amount)?;
        rest(account, amount)?;
        Ok(Some(PaymentEvent::Confirmed { order, amount }))
    }

    /// Takes `amount` for the order and lets go of the rest.
    pub fn capture(&self, order: OrderId, amount: Money) -> Result<Vec<PaymentEvent>, PaymentRefusal> {
        let account = self.known()?;
        if account.status != PaymentStatus::Confirmed(order) {
            return Err(PaymentRefusal::NotConfirmed { status: account.status, order });
        }
        positive(amount)?;
        let rest = rest(account, amount)?;
        let mut events = vec![PaymentEvent::Captured { order, amount }];
        if rest.is_positive() {
            events.push(PaymentEvent::RestReleased { order, amount: rest });
        }
        Ok(events)
    }

    /// Undoes `confirm` for this order, or bars the order from ever confirming. Never refused.
    pub fn release(&self, order: OrderId) -> Option<PaymentEvent> {
        if self.released_for.contains(&order) {
            return None;
        }
        match &self.account {
            Some(account) if account.status == PaymentStatus::Confirmed(order) => {
                Some(PaymentEvent::Released { order, amount: account.held })
            }
            _ => Some(PaymentEvent::OrderBarred { order }),
        }
    }

    pub fn void(&self) -> Result<PaymentEvent, PaymentRefusal> {
        let account = self.known()?;
        match account.status {
            PaymentStatus::Authorized => Ok(PaymentEvent::Voided { amount: account.held }),
            status => Err(PaymentRefusal::NotAuthorized(status)),
        }
    }

    /// Voids a payment that no order has taken in time; leaves every other alone.
    pub fn expire(&self, now: OffsetDateTime) -> Option<PaymentEvent> {
        let account = self.account.as_ref()?;
        let is_due = account.status == PaymentStatus::Authorized && account.expires_at <= now;
        is_due.then_some(PaymentEvent::Voided { amount: account.held })
    }

    fn known(&self) -> Result<&Account, PaymentRefusal> {
        self.account.as_ref().ok_or(PaymentRefusal::NeverAuthorized)
    }

    /// No decision moves money that was never authorized: without an account there is nothing to change.
    fn change(&mut self, change: impl FnOnce(&mut Account)) {
        if let Some(account) = &mut self.account {
            change(account);
        }
    }
}

fn positive(amount: Money) -> Result<(), PaymentRefusal> {
    if !amount.is_positive() {
        return Err(PaymentRefusal::AmountNotPositive(amount));
    }
    Ok(())
}

fn rest(account: &Account, asked: Money) -> Result<Money, PaymentRefusal> {
    account.rest_after(asked)?.ok_or(PaymentRefusal::AboveAuthorized { asked, authorized: account.authorized })
}

impl Aggregate for Payment {
    const KIND: &'static str = "payments.Payment";
    type Id = PaymentId;
    type Event = PaymentEvent;

    fn apply(&mut self, event: &PaymentEvent) {
        match *event {
            PaymentEvent::Authorized { customer, amount, expires_at } => {
                self.account = Some(Account::open(customer, amount, expires_at));
            }
            PaymentEvent::Confirmed { order, .. } => {
                self.change(|account| account.status = PaymentStatus::Confirmed(order));
            }
            PaymentEvent::Captured { order, amount } => self.change(|account| {
                account.status = PaymentStatus::Captured(order);
                account.capture(amount);
            }),
            PaymentEvent::RestReleased { amount, .. } => self.change(|account| account.release(amount)),
            PaymentEvent::Released { order, amount } => {
                self.released_for.insert(order);
                self.change(|account| {
                    account.status = PaymentStatus::Released(order);
                    account.release(amount);
                });
            }
            PaymentEvent::OrderBarred { order } => {
                self.released_for.insert(order);
            }
            PaymentEvent::Voided { amount } => self.change(|account| {
                account.status = PaymentStatus::Voided;
                account.void(amount);
            }),
        }
    }
}

#[cfg(test)]
mod tests;
