//! What can be done with payments and invoices.

use mall_domain::{Aggregate, AggregateId, Money, Refused};
use mall_persistence::{Error, Loader, Work};
use uuid::Uuid;

use crate::domain::{Account, Bill, CustomerId, Invoice, InvoiceRefusal, OrderId, Payment, PaymentId, PaymentRefusal};
use crate::projections::expiry_cursor::{self, SweptTo};
use crate::projections::invoices::{self, ListedInvoice};

/// How many payments are looked at in one unit of work.
const SWEEP: i64 = 200;

#[derive(Clone, Copy, Debug)]
pub struct Payments;

impl Payments {
    pub fn authorize(&self, work: &mut Work, customer: CustomerId, amount: Money) -> Result<PaymentId, Error> {
        let authorized = Payment::authorize(customer, amount, work.now()).map_err(Refused::from)?;
        let id = PaymentId::from(Uuid::now_v7());
        work.create::<Payment>(id, authorized)?;
        Ok(id)
    }

    /// The payment's money and the payment's version.
    pub async fn get(&self, work: &mut Work, id: PaymentId) -> Result<(Account, i64), Error> {
        let (payment, version) = work.find::<Payment>(id).await?;
        match payment.account() {
            Some(account) => Ok((account.clone(), version)),
            None => Err(Error::NotFound { kind: Payment::KIND, id: id.uuid() }),
        }
    }

    pub async fn void(&self, work: &mut Work, id: PaymentId) -> Result<(), Error> {
        self.get(work, id).await?;
        work.update(id, Payment::void).await
    }

    /// Binds the payment to the order.
    pub async fn confirm(
        &self,
        work: &mut Work,
        id: PaymentId,
        order: OrderId,
        customer: CustomerId,
        amount: Money,
    ) -> Result<(), Error> {
        work.update(id, |payment: &Payment| payment.confirm(order, customer, amount)).await
    }

    /// Frees the payment of the order, also before it was bound, also where it never was.
    pub async fn release(&self, work: &mut Work, id: PaymentId, order: OrderId) -> Result<(), Error> {
        work.update_or_begin(id, |payment: &Payment| Ok::<_, PaymentRefusal>(payment.release(order))).await
    }

    /// Looks at the next payments that are old enough to have expired, and voids those that are still only
    /// authorized. Gives whether there may be more.
    pub async fn expire(&self, work: &mut Work) -> Result<bool, Error> {
        let ids = expiry_cursor::next(work.database(), work.now(), SWEEP).await?;
        let Some(last) = ids.last().copied() else {
            return Ok(false);
        };
        work.prefetch(Loader::of::<Payment>(), &ids).await?;
        let now = work.now();
        for id in ids.iter().copied().map(PaymentId::from) {
            work.update(id, |payment: &Payment| Ok::<_, PaymentRefusal>(payment.expire(now))).await?;
        }
        work.project(SweptTo(last));
        Ok(true)
    }

    /// Makes the invoice of an order that is ready.
    pub async fn make_invoice(
        &self,
        work: &mut Work,
        order: OrderId,
        customer: CustomerId,
        payment: PaymentId,
        amount: Money,
    ) -> Result<(), Error> {
        let make = |invoice: &Invoice| Ok::<_, InvoiceRefusal>(invoice.make(customer, payment, amount));
        work.update_or_begin(order, make).await
    }

    pub async fn invoice(&self, work: &mut Work, order: OrderId) -> Result<Bill, Error> {
        let bill = self.invoice_if_made(work, order).await?;
        bill.ok_or(Error::NotFound { kind: Invoice::KIND, id: order.uuid() })
    }

    /// The order's invoice; none before the order is ready.
    pub async fn invoice_if_made(&self, work: &mut Work, order: OrderId) -> Result<Option<Bill>, Error> {
        Ok(work.find::<Invoice>(order).await?.0.bill().copied())
    }

    pub async fn invoices(&self, work: &Work, after: Option<Uuid>, limit: i64) -> Result<Vec<ListedInvoice>, Error> {
        invoices::all(work.database(), after, limit).await
    }

    /// Pays the invoice from the order's payment; what the payment holds beyond it is the customer's again.
    pub async fn pay_invoice(&self, work: &mut Work, order: OrderId) -> Result<(), Error> {
        let bill = self.invoice(work, order).await?;
        work.update(order, Invoice::pay).await?;
        work.update(bill.payment, |payment: &Payment| payment.capture(order, bill.amount)).await
    }

    pub async fn adjust_invoice(&self, work: &mut Work, order: OrderId, amount: Money) -> Result<(), Error> {
        let bill = self.invoice(work, order).await?;
        let authorized = self.get(work, bill.payment).await?.0.authorized;
        work.update(order, |invoice: &Invoice| invoice.adjust(amount, authorized)).await
    }

    /// Writes the invoice off. Its order is canceled then, and the cancel frees the payment.
    pub async fn cancel_invoice(&self, work: &mut Work, order: OrderId) -> Result<(), Error> {
        work.update(order, Invoice::cancel).await
    }
}
