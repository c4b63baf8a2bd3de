//! The list of invoices.

use std::collections::BTreeMap;

use mall_domain::{AggregateId, Currency, Money};
use mall_persistence::{Database, Error, Projection, Recorded};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use crate::domain::{Bill, CustomerId, Invoice, InvoiceEvent, InvoiceStatus, OrderId, PaymentId};

pub struct Invoices;

#[derive(Clone, Copy, Debug)]
pub struct ListedInvoice {
    pub order: OrderId,
    pub bill: Bill,
}

/// What a batch makes of one row.
#[derive(Clone, Copy)]
struct Change {
    parties: Option<(CustomerId, PaymentId)>,
    amount: Money,
    status: InvoiceStatus,
}

impl Change {
    fn of(event: &InvoiceEvent) -> Self {
        let (parties, amount, status) = match *event {
            InvoiceEvent::Created { customer, payment, amount } => {
                (Some((customer, payment)), amount, InvoiceStatus::Pending)
            }
            InvoiceEvent::Adjusted { amount } => (None, amount, InvoiceStatus::Pending),
            InvoiceEvent::Paid { amount } => (None, amount, InvoiceStatus::Paid),
            InvoiceEvent::Canceled { amount } => (None, amount, InvoiceStatus::Canceled),
        };
        Self { parties, amount, status }
    }

    fn then(self, later: Self) -> Self {
        Self { parties: self.parties.or(later.parties), ..later }
    }
}

impl Projection for Invoices {
    type Input = Recorded<Invoice>;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&Recorded<Invoice>]) -> Result<(), sqlx::Error> {
        let mut rows: BTreeMap<Uuid, Change> = BTreeMap::new();
        for input in inputs {
            let change = Change::of(&input.event);
            let row = match rows.remove(&input.id.uuid()) {
                Some(earlier) => earlier.then(change),
                None => change,
            };
            rows.insert(input.id.uuid(), row);
        }
        sqlx::query(
            "insert into invoices (order_id, customer_id, payment_id, amount, currency, status)
             select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int8[], $5::text[], $6::text[])
             on conflict (order_id) do update set amount = excluded.amount, status = excluded.status",
        )
        .bind(rows.keys().copied().collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.parties.map(|(customer, _)| customer.uuid())).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.parties.map(|(_, payment)| payment.uuid())).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.amount.minor).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.amount.currency.to_string()).collect::<Vec<_>>())
        .bind(rows.values().map(|row| row.status.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl FromRow<'_, PgRow> for ListedInvoice {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let uuid = |column| row.try_get::<Uuid, _>(column);
        let currency = Currency::parse(row.try_get("currency")?).map_err(|error| sqlx::Error::Decode(error.into()))?;
        let status: &str = row.try_get("status")?;
        let bill = Bill {
            customer: CustomerId::from(uuid("customer_id")?),
            payment: PaymentId::from(uuid("payment_id")?),
            amount: Money::new(currency, row.try_get("amount")?),
            status: InvoiceStatus::parse(status)
                .ok_or_else(|| sqlx::Error::Decode(format!("{status:?} is no status of an invoice").into()))?,
        };
        Ok(Self { order: OrderId::from(uuid("order_id")?), bill })
    }
}

/// The `limit` oldest invoices after `after`.
pub async fn all(database: &Database, after: Option<Uuid>, limit: i64) -> Result<Vec<ListedInvoice>, Error> {
    let invoices = sqlx::query_as(
        "select order_id, customer_id, payment_id, amount, currency, status
         from invoices where order_id > $1 order by order_id limit $2",
    )
    .bind(after.unwrap_or_default())
    .bind(limit)
    .fetch_all(database.pool())
    .await?;
    Ok(invoices)
}
