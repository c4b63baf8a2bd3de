//! An invoice: what the customer of a ready order is asked to pay.

use mall_domain::{Aggregate, Money, MoneyRefusal, Refusal};
use serde::{Deserialize, Serialize};

use super::{CustomerId, OrderId, PaymentId};

#[derive(Clone, Debug, Default)]
pub struct Invoice {
    bill: Option<Bill>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bill {
    pub customer: CustomerId,
    pub payment: PaymentId,
    pub amount: Money,
    pub status: InvoiceStatus,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InvoiceStatus {
    Pending,
    Paid,
    Canceled,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum InvoiceEvent {
    Created { customer: CustomerId, payment: PaymentId, amount: Money },
    Adjusted { amount: Money },
    Paid { amount: Money },
    Canceled { amount: Money },
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum InvoiceRefusal {
    #[error("the order has no invoice yet; it gets one when it is ready")]
    NotMade,
    #[error("the invoice is {0}, not pending")]
    NotPending(InvoiceStatus),
    #[error("the amount is {0}; it must be above zero (cancel the invoice to ask for nothing)")]
    AmountNotPositive(Money),
    #[error("{asked} is more than the authorized {authorized}; ask for no more than that")]
    AboveAuthorized { asked: Money, authorized: Money },
    #[error(transparent)]
    Money(#[from] MoneyRefusal),
}

impl Refusal for InvoiceRefusal {
    fn field(&self) -> Option<&'static str> {
        matches!(self, Self::AmountNotPositive(_) | Self::Money(_)).then_some("amount")
    }
}

impl Invoice {
    /// What it asks for; `None` if it was never made.
    pub fn bill(&self) -> Option<&Bill> {
        self.bill.as_ref()
    }

    /// Makes the order's invoice; the order has only one.
    pub fn make(&self, customer: CustomerId, payment: PaymentId, amount: Money) -> Option<InvoiceEvent> {
        self.bill.is_none().then_some(InvoiceEvent::Created { customer, payment, amount })
    }

    /// Asks for another amount; `authorized` is what its payment can give at most.
    pub fn adjust(&self, amount: Money, authorized: Money) -> Result<Option<InvoiceEvent>, InvoiceRefusal> {
        let bill = self.pending()?;
        if !amount.is_positive() {
            return Err(InvoiceRefusal::AmountNotPositive(amount));
        }
        if !authorized.covers(amount)? {
            return Err(InvoiceRefusal::AboveAuthorized { asked: amount, authorized });
        }
        Ok((amount != bill.amount).then_some(InvoiceEvent::Adjusted { amount }))
    }

    pub fn pay(&self) -> Result<InvoiceEvent, InvoiceRefusal> {
        self.pending().map(|bill| InvoiceEvent::Paid { amount: bill.amount })
    }

    /// Writes the invoice off: nobody has to pay it.
    pub fn cancel(&self) -> Result<InvoiceEvent, InvoiceRefusal> {
        self.pending().map(|bill| InvoiceEvent::Canceled { amount: bill.amount })
    }

    fn pending(&self) -> Result<&Bill, InvoiceRefusal> {
        match &self.bill {
            Some(bill) if bill.status == InvoiceStatus::Pending => Ok(bill),
            Some(bill) => Err(InvoiceRefusal::NotPending(bill.status)),
            None => Err(InvoiceRefusal::NotMade),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Bill)) {
        if let Some(bill) = &mut self.bill {
            change(bill);
        }
    }
}

impl Aggregate for Invoice {
    const KIND: &'static str = "payments.Invoice";
    type Id = OrderId;
    type Event = InvoiceEvent;

    fn apply(&mut self, event: &InvoiceEvent) {
        match *event {
            InvoiceEvent::Created { customer, payment, amount } => {
                self.bill = Some(Bill { customer, payment, amount, status: InvoiceStatus::Pending });
            }
            InvoiceEvent::Adjusted { amount } => self.change(|bill| bill.amount = amount),
            InvoiceEvent::Paid { .. } => self.change(|bill| bill.status = InvoiceStatus::Paid),
            InvoiceEvent::Canceled { .. } => self.change(|bill| bill.status = InvoiceStatus::Canceled),
        }
    }
}

impl InvoiceStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Canceled => "canceled",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Paid, Self::Canceled].into_iter().find(|status| status.as_str() == word)
    }
}

impl std::fmt::Display for InvoiceStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use mall_domain::scenario::given;
    use mall_domain::{Currency, Uuid};

    use super::InvoiceEvent::*;
    use super::*;

    fn created() -> InvoiceEvent {
        Created { customer: Uuid::from_u128(1).into(), payment: Uuid::from_u128(2).into(), amount: Money::usd(1500) }
    }

    fn adjust(cents: i64) -> impl FnOnce(&Invoice) -> Result<Option<InvoiceEvent>, InvoiceRefusal> {
        move |invoice| invoice.adjust(Money::usd(cents), Money::usd(2000))
    }

    #[test]
    fn an_order_has_one_invoice() {
        let make = |invoice: &Invoice| {
            let (customer, payment) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
            Ok::<_, InvoiceRefusal>(invoice.make(customer, payment, Money::usd(1500)))
        };
        given::<Invoice>([]).when(make).then([created()]);
        given::<Invoice>([created()]).when(make).then_nothing();
    }

    #[test]
    fn a_pending_invoice_asks_for_what_it_was_adjusted_to() {
        given::<Invoice>([created()]).when(adjust(1200)).then([Adjusted { amount: Money::usd(1200) }]);
        given::<Invoice>([created()]).when(adjust(2000)).then([Adjusted { amount: Money::usd(2000) }]);
        given::<Invoice>([created()]).when(adjust(1500)).then_nothing();
        let adjusted = Adjusted { amount: Money::usd(1200) };
        given::<Invoice>([created(), adjusted]).when(Invoice::pay).then([Paid { amount: Money::usd(1200) }]);
    }

    #[test]
    fn an_invoice_asks_for_something_and_for_no_more_than_is_authorized() {
        given::<Invoice>([created()]).when(adjust(0)).then_refused(InvoiceRefusal::AmountNotPositive(Money::usd(0)));
        given::<Invoice>([created()])
            .when(adjust(2001))
            .then_refused(InvoiceRefusal::AboveAuthorized { asked: Money::usd(2001), authorized: Money::usd(2000) });
        let eur = Currency::parse("EUR").expect("a currency");
        given::<Invoice>([created()])
            .when(|invoice| invoice.adjust(Money::new(eur, 1), Money::usd(2000)))
            .then_refused(MoneyRefusal::OtherCurrency(Currency::USD, eur).into());
    }

    #[test]
    fn a_paid_or_canceled_invoice_stays_as_it_is() {
        for (end, status) in [
            (Paid { amount: Money::usd(1500) }, InvoiceStatus::Paid),
            (Canceled { amount: Money::usd(1500) }, InvoiceStatus::Canceled),
        ] {
            let invoice = || given::<Invoice>([created(), end.clone()]);
            invoice().when(Invoice::pay).then_refused(InvoiceRefusal::NotPending(status));
            invoice().when(Invoice::cancel).then_refused(InvoiceRefusal::NotPending(status));
            invoice().when(adjust(1)).then_refused(InvoiceRefusal::NotPending(status));
        }
    }

    #[test]
    fn a_pending_invoice_can_be_written_off() {
        given::<Invoice>([created()]).when(Invoice::cancel).then([Canceled { amount: Money::usd(1500) }]);
    }

    #[test]
    fn an_invoice_that_was_never_made_cannot_be_paid() {
        given::<Invoice>([]).when(Invoice::pay).then_refused(InvoiceRefusal::NotMade);
    }
}
