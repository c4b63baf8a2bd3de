//! What was heard of payments.

use mall_domain::{AggregateId, Money};
use mall_persistence::{Database, Error, Projection};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::{add_up, currency};
use crate::domain::{CustomerId, Hold, PaymentHeard, PaymentId};

pub struct Payments;

impl Projection for Payments {
    type Input = PaymentHeard;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&PaymentHeard]) -> Result<(), sqlx::Error> {
        let heard = add_up(inputs, |heard| heard.payment);
        sqlx::query(
            "insert into payments (payment_id, version, customer_id, authorized, currency, is_free)
             select * from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::int8[], $5::text[], $6::bool[])
             on conflict (payment_id) do update
             set version = excluded.version, is_free = excluded.is_free,
                 authorized = coalesce(excluded.authorized, payments.authorized),
                 currency = coalesce(excluded.currency, payments.currency)
             where excluded.version > payments.version",
        )
        .bind(heard.iter().map(|heard| heard.payment.uuid()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.version).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.customer.uuid()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.authorized.map(|amount| amount.minor)).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.authorized.map(|amount| amount.currency.to_string())).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.is_free).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl FromRow<'_, PgRow> for Hold {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            customer: CustomerId::from(row.try_get::<Uuid, _>("customer_id")?),
            authorized: Money::new(currency(row.try_get("currency")?)?, row.try_get("authorized")?),
            is_free: row.try_get("is_free")?,
        })
    }
}

/// The payment, if enough was heard of it.
pub async fn hold(database: &Database, payment: PaymentId) -> Result<Option<Hold>, Error> {
    let hold = sqlx::query_as(
        "select customer_id, authorized, currency, is_free from payments
         where payment_id = $1 and authorized is not null",
    )
    .bind(payment.uuid())
    .fetch_optional(database.pool())
    .await?;
    Ok(hold)
}
