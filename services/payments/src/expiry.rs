//! Voids payments that no order has taken in time. Any number of replicas may do so at once: payments are changed as
//! everywhere else, so of two that meet one finds nothing left to do.

use std::time::Duration;

use mall_persistence::{Context, Database, Error};
use mall_service::Stop;

use crate::app::Payments;

const PAUSE: Duration = Duration::from_secs(60);

/// Sweeps until the service ends.
pub async fn run(database: Database, mut stop: Stop) {
    loop {
        if let Err(error) = sweep(&database).await {
            tracing::warn!(cause = &error as &dyn std::error::Error, "expired payments could not be voided");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn sweep(database: &Database) -> Result<(), Error> {
    loop {
        let mut work = database.begin(Context::begin());
        let may_be_more = Payments.expire(&mut work).await?;
        work.commit().await?;
        if !may_be_more {
            return Ok(());
        }
    }
}
