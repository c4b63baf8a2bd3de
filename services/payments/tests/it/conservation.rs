//! No money is made or lost, whatever is asked of a payment and of the invoices that are paid from it, in any order.

use std::collections::BTreeMap;

use mall_domain::{Aggregate, Currency, Money, OffsetDateTime, Uuid};
use payments::domain::{CustomerId, Invoice, InvoiceStatus, OrderId, Payment, PaymentId, PaymentStatus};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// Whatever can be asked; orders and customers are numbers, amounts are cents.
#[derive(Clone, Debug)]
enum Command {
    Confirm { order: u8, customer: u8, amount: i64 },
    Release { order: u8 },
    Void,
    Expire { hours: i64 },
    MakeInvoice { order: u8, amount: i64 },
    Adjust { order: u8, amount: i64 },
    Pay { order: u8 },
    WriteOff { order: u8 },
}

fn command() -> impl Strategy<Value = Command> {
    let (order, amount) = (0..3_u8, -1..=2_500_i64);
    prop_oneof![
        4 => (order.clone(), 0..10_u8, amount.clone()).prop_map(|(order, customer, amount)| {
            // Strangers come seldom: most of them are refused.
            Command::Confirm { order, customer: u8::from(customer == 9), amount }
        }),
        2 => order.clone().prop_map(|order| Command::Release { order }),
        1 => Just(Command::Void),
        1 => (0..48_i64).prop_map(|hours| Command::Expire { hours }),
        4 => (order.clone(), 1..=2_500_i64).prop_map(|(order, amount)| Command::MakeInvoice { order, amount }),
        2 => (order.clone(), amount).prop_map(|(order, amount)| Command::Adjust { order, amount }),
        4 => order.clone().prop_map(|order| Command::Pay { order }),
        1 => order.prop_map(|order| Command::WriteOff { order }),
    ]
}

fn order_id(number: u8) -> OrderId {
    Uuid::from_u128(0x100 + u128::from(number)).into()
}

fn customer_id(number: u8) -> CustomerId {
    Uuid::from_u128(0x200 + u128::from(number)).into()
}

/// One payment of customer 0, and the invoices of all orders.
#[derive(Clone, Debug, Default)]
struct Books {
    payment: Payment,
    invoices: BTreeMap<u8, Invoice>,
}

impl Books {
    fn open(authorized: i64) -> Self {
        let mut books = Self::default();
        let now = OffsetDateTime::UNIX_EPOCH;
        let event = Payment::authorize(customer_id(0), Money::usd(authorized), now).expect("above zero");
        books.payment.apply(&event);
        books
    }

    /// As a unit of work does it: all of a use case, or nothing of it.
    fn run(&mut self, command: &Command) {
        let mut after = self.clone();
        if after.try_to_run(command).is_some() {
            *self = after;
        }
    }

    fn try_to_run(&mut self, command: &Command) -> Option<()> {
        match *command {
            Command::Confirm { order, customer, amount } => {
                let confirmed = self.payment.confirm(order_id(order), customer_id(customer), Money::usd(amount));
                self.payment.apply(&confirmed.ok()??);
            }
            Command::Release { order } => self.payment.apply(&self.payment.release(order_id(order))?),
            Command::Void => self.payment.apply(&self.payment.void().ok()?),
            Command::Expire { hours } => {
                let now = OffsetDateTime::UNIX_EPOCH + time::Duration::hours(hours);
                self.payment.apply(&self.payment.expire(now)?);
            }
            Command::MakeInvoice { order, amount } => {
                let payment = PaymentId::from(Uuid::from_u128(1));
                let invoice = self.invoices.entry(order).or_default();
                invoice.apply(&invoice.make(customer_id(0), payment, Money::usd(amount))?);
            }
            Command::Adjust { order, amount } => {
                let authorized = self.payment.account()?.authorized;
                let invoice = self.invoices.entry(order).or_default();
                invoice.apply(&invoice.adjust(Money::usd(amount), authorized).ok()??);
            }
            Command::Pay { order } => self.pay(order)?,
            Command::WriteOff { order } => {
                let invoice = self.invoices.entry(order).or_default();
                invoice.apply(&invoice.cancel().ok()?);
            }
        }
        Some(())
    }

    /// The invoice is paid and the payment captured at once.
    fn pay(&mut self, order: u8) -> Option<()> {
        let invoice = self.invoices.entry(order).or_default();
        let amount = invoice.bill()?.amount;
        invoice.apply(&invoice.pay().ok()?);
        let captured = self.payment.capture(order_id(order), amount).ok()?;
        captured.iter().for_each(|event| self.payment.apply(event));
        Some(())
    }

    fn check(&self, authorized: i64) {
        let account = self.payment.account().expect("it was authorized");
        assert_eq!(account.authorized, Money::usd(authorized), "what was authorized never changes");
        let parts = [account.held, account.captured, account.released, account.voided];
        assert_eq!(Money::sum(Currency::USD, parts), Ok(account.authorized), "{account:?}");
        assert!(parts.iter().all(|part| part.minor >= 0), "{account:?}");
        let is_open = matches!(account.status, PaymentStatus::Authorized | PaymentStatus::Confirmed(_));
        assert_eq!(account.held.minor, if is_open { authorized } else { 0 }, "{account:?}");
        let bills = self.invoices.values().filter_map(Invoice::bill);
        let paid: i64 = bills.filter(|bill| bill.status == InvoiceStatus::Paid).map(|bill| bill.amount.minor).sum();
        assert_eq!(account.captured.minor, paid, "what was paid was captured, and nothing else: {self:?}");
    }
}

proptest! {
    #[test]
    fn held_captured_released_and_voided_are_what_was_authorized(
        authorized in 1..=2_000_i64,
        commands in prop::collection::vec(command(), 0..24),
    ) {
        let mut books = Books::open(authorized);
        books.check(authorized);
        for command in &commands {
            books.run(command);
            books.check(authorized);
        }
    }
}

/// Random sequences come to every end that there is; else they would show little.
#[test]
fn every_end_is_reached() {
    let mut runner = TestRunner::deterministic();
    let mut ends = BTreeMap::<String, usize>::new();
    for _ in 0..256 {
        let commands = prop::collection::vec(command(), 0..24).new_tree(&mut runner).expect("no command is rejected");
        let mut books = Books::open(2_000);
        commands.current().iter().for_each(|command| books.run(command));
        let account = books.payment.account().expect("it was authorized");
        *ends.entry(account.status.to_string()).or_default() += 1;
    }
    for end in ["authorized", "confirmed", "captured", "released", "voided"] {
        assert!(ends.get(end).copied().unwrap_or_default() >= 5, "{end} is hardly reached: {ends:?}");
    }
}
