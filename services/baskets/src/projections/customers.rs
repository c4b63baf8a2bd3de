//! What was heard of customers.

use mall_domain::AggregateId;
use mall_persistence::{Database, Error, Projection};
use sqlx::PgConnection;

use super::add_up;
use crate::domain::{CustomerHeard, CustomerId, Shopper};

pub struct Customers;

impl Projection for Customers {
    type Input = CustomerHeard;

    async fn project(&self, connection: &mut PgConnection, inputs: &[&CustomerHeard]) -> Result<(), sqlx::Error> {
        let heard = add_up(inputs, |heard| heard.customer);
        sqlx::query(
            "insert into customers (customer_id, version, enabled)
             select * from unnest($1::uuid[], $2::int8[], $3::bool[])
             on conflict (customer_id) do update set version = excluded.version, enabled = excluded.enabled
             where excluded.version > customers.version",
        )
        .bind(heard.iter().map(|heard| heard.customer.uuid()).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.version).collect::<Vec<_>>())
        .bind(heard.iter().map(|heard| heard.enabled).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The customer, if it was heard of.
pub async fn shopper(database: &Database, customer: CustomerId) -> Result<Option<Shopper>, Error> {
    let enabled: Option<bool> = sqlx::query_scalar("select enabled from customers where customer_id = $1")
        .bind(customer.uuid())
        .fetch_optional(database.pool())
        .await?;
    Ok(enabled.map(|enabled| Shopper { customer, enabled }))
}
