//! Customers' numbers, as heard.

use mall_domain::AggregateId;
use mall_persistence::{Projection, latest_by_key};
use sqlx::PgConnection;

use crate::domain::CustomerId;

pub struct Customers;

/// Where to text a customer, as of a version.
#[derive(Clone, Debug)]
pub struct NumberHeard {
    pub customer: CustomerId,
    pub version: i64,
    pub number: String,
}

impl Projection for Customers {
    type Input = NumberHeard;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&NumberHeard]) -> Result<(), sqlx::Error> {
        let heard = latest_by_key(inputs, |heard| heard.customer);
        sqlx::query(
            "insert into customers (customer_id, version, sms_number)
             select * from unnest($1::uuid[], $2::int8[], $3::text[])
             on conflict (customer_id) do update set version = excluded.version, sms_number = excluded.sms_number
             where excluded.version > customers.version",
        )
        .bind(heard.iter().map(|heard| heard.customer.uuid()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.version).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.number.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}
