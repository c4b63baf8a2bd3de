//! Sends what is due, tries again what was not taken, and gives up after a day.

use std::time::Duration;

use mall_domain::OffsetDateTime;
use mall_persistence::{Context, Database, Error};
use mall_service::Stop;

use crate::domain::patience;
use crate::projections::texts::{self, Attempted, DueText, State};
use crate::provider::{Provider, Sms};

const PAUSE: Duration = Duration::from_secs(2);

/// Sends until the service ends.
pub async fn run(database: Database, provider: impl Provider, mut stop: Stop) {
    loop {
        let now = database.begin(Context::begin()).now();
        match send_due(&database, &provider, now).await {
            // There may be more.
            Ok(1..) if !*stop.borrow() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(cause = &error as &dyn std::error::Error, "texts wait: trying again"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Tries the texts that are due at `now`; gives how many there were.
pub async fn send_due(database: &Database, provider: &impl Provider, now: OffsetDateTime) -> Result<usize, Error> {
    let due = texts::claim(database, now).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let mut attempted = Vec::with_capacity(due.len());
    for text in due {
        attempted.push(attempt(provider, text, now).await);
    }
    texts::record(database, &attempted).await?;
    Ok(attempted.len())
}

async fn attempt(provider: &impl Provider, text: DueText, now: OffsetDateTime) -> Attempted {
    let DueText { text_id, body, attempts, sms_number } = text;
    let fault = match sms_number {
        Some(number) => provider.send(&Sms { id: text_id, number, body }).await.err().map(|error| error.to_string()),
        None => Some("the customer's number is not known".to_owned()),
    };
    if fault.is_none() {
        return Attempted { text_id, state: State::Sent, due_at: now, fault };
    }
    match patience::wait_after(attempts) {
        Some(wait) => Attempted { text_id, state: State::Waiting, due_at: now + wait, fault },
        None => {
            tracing::error!(%text_id, fault, "a text could not be sent and is given up");
            Attempted { text_id, state: State::GivenUp, due_at: now, fault }
        }
    }
}
