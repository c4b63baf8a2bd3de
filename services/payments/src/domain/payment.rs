//! A payment: money of a customer that is held until an order takes it, gives it back, or nobody wants it.

use std::collections::BTreeSet;

use mall_domain::{Aggregate, Money, MoneyRefusal, OffsetDateTime, Refusal, RefusalKind};
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
    fn kind(&self) -> RefusalKind {
        match self.field() {
            Some(_) => RefusalKind::Invalid,
            None => RefusalKind::Rule,
        }
    }

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
mod tests {
    use mall_domain::scenario::given;
    use mall_domain::{Currency, Uuid};

    use super::PaymentEvent::*;
    use super::*;

    fn ada() -> CustomerId {
        Uuid::from_u128(0xada).into()
    }

    fn order(number: u128) -> OrderId {
        Uuid::from_u128(number).into()
    }

    fn noon() -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::hours(12)
    }

    /// 20.00 USD of Ada's, authorized at noon of the first day.
    fn authorized() -> PaymentEvent {
        Authorized { customer: ada(), amount: Money::usd(2000), expires_at: noon() + Duration::days(1) }
    }

    fn confirmed() -> PaymentEvent {
        Confirmed { order: order(1), amount: Money::usd(1500) }
    }

    #[test]
    fn a_payment_is_authorized_for_a_day() {
        assert_eq!(Payment::authorize(ada(), Money::usd(2000), noon()), Ok(authorized()));
    }

    #[test]
    fn nothing_or_less_cannot_be_authorized() {
        for amount in [Money::usd(0), Money::usd(-1)] {
            let refusal = PaymentRefusal::AmountNotPositive(amount);
            assert_eq!(Payment::authorize(ada(), amount, noon()), Err(refusal));
        }
    }

    #[test]
    fn an_order_takes_an_authorized_payment_once() {
        let confirm = |payment: &Payment| payment.confirm(order(1), ada(), Money::usd(1500));
        given::<Payment>([authorized()]).when(confirm).then([confirmed()]);
        given::<Payment>([authorized(), confirmed()]).when(confirm).then_nothing();
        let captured = Captured { order: order(1), amount: Money::usd(1500) };
        given::<Payment>([authorized(), confirmed(), captured]).when(confirm).then_nothing();
    }

    #[test]
    fn a_repeat_succeeds_before_any_other_check() {
        let barred = OrderBarred { order: order(1) };
        given::<Payment>([authorized(), confirmed(), barred])
            .when(|payment| payment.confirm(order(1), Uuid::from_u128(0xb0b).into(), Money::usd(9_999_999)))
            .then_nothing();
    }

    #[test]
    fn a_payment_serves_one_order_only() {
        given::<Payment>([authorized(), confirmed()])
            .when(|payment| payment.confirm(order(2), ada(), Money::usd(1)))
            .then_refused(PaymentRefusal::NotAuthorized(PaymentStatus::Confirmed(order(1))));
    }

    #[test]
    fn an_order_can_only_take_what_its_customer_authorized() {
        let bob = CustomerId::from(Uuid::from_u128(0xb0b));
        let eur = Currency::parse("EUR").expect("a currency");
        let confirm = |customer, amount| {
            given::<Payment>([authorized()]).when(move |payment| payment.confirm(order(1), customer, amount))
        };
        confirm(bob, Money::usd(1)).then_refused(PaymentRefusal::OtherCustomer(bob));
        confirm(ada(), Money::usd(2001))
            .then_refused(PaymentRefusal::AboveAuthorized { asked: Money::usd(2001), authorized: Money::usd(2000) });
        confirm(ada(), Money::usd(0)).then_refused(PaymentRefusal::AmountNotPositive(Money::usd(0)));
        confirm(ada(), Money::new(eur, 1)).then_refused(MoneyRefusal::OtherCurrency(Currency::USD, eur).into());
    }

    #[test]
    fn a_capture_lets_go_of_the_rest() {
        given::<Payment>([authorized(), confirmed()]).when(|payment| payment.capture(order(1), Money::usd(1200))).then(
            [
                Captured { order: order(1), amount: Money::usd(1200) },
                RestReleased { order: order(1), amount: Money::usd(800) },
            ],
        );
        given::<Payment>([authorized(), confirmed()])
            .when(|payment| payment.capture(order(1), Money::usd(2000)))
            .then([Captured { order: order(1), amount: Money::usd(2000) }]);
    }

    #[test]
    fn only_the_order_that_confirmed_can_capture() {
        given::<Payment>([authorized(), confirmed()])
            .when(|payment| payment.capture(order(2), Money::usd(1)))
            .then_refused(PaymentRefusal::NotConfirmed { status: PaymentStatus::Confirmed(order(1)), order: order(2) });
    }

    #[test]
    fn a_release_frees_the_payment_of_its_order_once() {
        let released = Released { order: order(1), amount: Money::usd(2000) };
        let release = |payment: &Payment| Ok::<_, PaymentRefusal>(payment.release(order(1)));
        given::<Payment>([authorized(), confirmed()]).when(release).then([released.clone()]);
        given::<Payment>([authorized(), confirmed(), released.clone()]).when(release).then_nothing();
        given::<Payment>([authorized(), confirmed(), released])
            .when(|payment| payment.confirm(order(1), ada(), Money::usd(1)))
            .then_refused(PaymentRefusal::ReleasedForOrder(order(1)));
    }

    #[test]
    fn a_release_that_comes_first_bars_its_order_and_no_other() {
        let barred = OrderBarred { order: order(1) };
        let release = |payment: &Payment| Ok::<_, PaymentRefusal>(payment.release(order(1)));
        given::<Payment>([authorized()]).when(release).then([barred.clone()]);
        given::<Payment>([authorized(), barred.clone()]).when(release).then_nothing();
        given::<Payment>([authorized(), barred.clone()])
            .when(|payment| payment.confirm(order(1), ada(), Money::usd(1)))
            .then_refused(PaymentRefusal::ReleasedForOrder(order(1)));
        given::<Payment>([authorized(), barred])
            .when(|payment| payment.confirm(order(2), ada(), Money::usd(1)))
            .then([Confirmed { order: order(2), amount: Money::usd(1) }]);
    }

    #[test]
    fn a_release_for_another_order_leaves_the_money_held() {
        given::<Payment>([authorized(), confirmed()])
            .when(|payment| Ok::<_, PaymentRefusal>(payment.release(order(2))))
            .then([OrderBarred { order: order(2) }]);
    }

    #[test]
    fn a_payment_known_only_from_a_release_holds_nothing() {
        let barred = OrderBarred { order: order(1) };
        given::<Payment>([]).when(|payment| Ok::<_, PaymentRefusal>(payment.release(order(1)))).then([barred.clone()]);
        given::<Payment>([barred.clone()]).when(Payment::void).then_refused(PaymentRefusal::NeverAuthorized);
        assert_eq!(given::<Payment>([barred]).state().account(), None);
    }

    #[test]
    fn only_an_authorized_payment_is_voided() {
        given::<Payment>([authorized()]).when(Payment::void).then([Voided { amount: Money::usd(2000) }]);
        given::<Payment>([authorized(), confirmed()])
            .when(Payment::void)
            .then_refused(PaymentRefusal::NotAuthorized(PaymentStatus::Confirmed(order(1))));
    }

    #[test]
    fn a_payment_expires_a_day_after_it_was_authorized() {
        let expire_at = |now| move |payment: &Payment| Ok::<_, PaymentRefusal>(payment.expire(now));
        let day_after = noon() + Duration::days(1);
        given::<Payment>([authorized()]).when(expire_at(day_after)).then([Voided { amount: Money::usd(2000) }]);
        given::<Payment>([authorized()]).when(expire_at(day_after - Duration::seconds(1))).then_nothing();
        given::<Payment>([authorized(), confirmed()]).when(expire_at(day_after)).then_nothing();
    }

    #[test]
    fn no_money_is_made_or_lost_whatever_happens() {
        type Decision = fn(&Payment) -> Vec<PaymentEvent>;
        let decisions: [Decision; 6] = [
            |p| p.confirm(order(1), ada(), Money::usd(1500)).ok().flatten().into_iter().collect(),
            |p| p.confirm(order(2), ada(), Money::usd(2000)).ok().flatten().into_iter().collect(),
            |p| p.capture(order(1), Money::usd(700)).unwrap_or_default(),
            |p| p.release(order(1)).into_iter().collect(),
            |p| p.release(order(2)).into_iter().collect(),
            |p| p.void().into_iter().collect(),
        ];
        let mut states = vec![given::<Payment>([authorized()]).state()];
        for _ in 0..5 {
            states = states
                .iter()
                .flat_map(|state| decisions.map(|decide| (state, decide)))
                .map(|(state, decide)| {
                    let mut next = state.clone();
                    decide(state).iter().for_each(|event| next.apply(event));
                    next
                })
                .collect();
            for account in states.iter().filter_map(Payment::account) {
                let parts = [account.held, account.captured, account.released, account.voided];
                assert_eq!(Money::sum(Currency::USD, parts), Ok(Money::usd(2000)), "{account:?}");
                assert!(parts.iter().all(|part| part.minor >= 0), "{account:?}");
            }
        }
    }
}
