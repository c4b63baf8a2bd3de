//! What the local provider has "sent": texts that anybody can look at instead of at a phone.

use mall_persistence::{Database, Error};

use crate::provider::Sms;

/// Keeps the text; one that is there already is left alone.
pub async fn keep(database: &Database, sms: &Sms) -> Result<(), Error> {
    sqlx::query("insert into local_texts (text_id, sms_number, body) values ($1, $2, $3) on conflict do nothing")
        .bind(sms.id)
        .bind(&sms.number)
        .bind(&sms.body)
        .execute(database.pool())
        .await?;
    Ok(())
}
