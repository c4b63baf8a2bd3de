//! Who brings texts to phones.

use mall_persistence::{Database, Error};
use uuid::Uuid;

use crate::projections::local_texts;

/// A text on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Sms {
    /// The same for every attempt: the provider's idempotency key.
    pub id: Uuid,
    pub number: String,
    pub body: String,
}

/// Brings texts to phones.
pub trait Provider: Send + Sync + 'static {
    /// Sends the text, once however often it is asked to.
    fn send(&self, sms: &Sms) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Brings texts to a table, where there is no phone.
#[derive(Clone, Debug)]
pub struct LocalProvider {
    database: Database,
}

impl LocalProvider {
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}

impl Provider for LocalProvider {
    async fn send(&self, sms: &Sms) -> Result<(), Error> {
        local_texts::keep(&self.database, sms).await?;
        // Without the number: logs are read by people who need not know it.
        tracing::info!(text_id = %sms.id, body = sms.body, "sent a text");
        Ok(())
    }
}
