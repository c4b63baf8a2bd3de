//! Figures that are read from the database now and then: what waits, what is open, what is parked.

use std::time::Duration;

use mall_persistence::{Database, Error};
use mall_saga::Sagas;
use tokio::sync::watch;

/// How often.
const EVERY: Duration = Duration::from_secs(5);

/// Reads the figures until told to stop.
pub(crate) async fn run(
    database: Database,
    consumer: Option<&'static str>,
    sagas: Option<Sagas>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        if let Err(error) = sample(&database, consumer, sagas.as_ref()).await {
            tracing::debug!(%error, "no figures from the database this time");
        }
        pause(&mut stop, EVERY).await;
    }
}

/// Waits for `time`, or until told to stop.
pub(crate) async fn pause(stop: &mut watch::Receiver<bool>, time: Duration) {
    let told = async {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let _ = tokio::time::timeout(time, told).await;
}

async fn sample(database: &Database, consumer: Option<&'static str>, sagas: Option<&Sagas>) -> Result<(), Error> {
    let (waiting, oldest) = database.outbox_waiting().await?;
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("mall_outbox_waiting").set(waiting as f64);
    metrics::gauge!("mall_outbox_oldest_seconds").set(oldest);
    if let Some(consumer) = consumer {
        for (topic, parked) in database.parked_counts(consumer).await? {
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!("mall_dead_letters", "topic" => topic).set(parked as f64);
        }
    }
    if let Some(sagas) = sagas {
        sample_sagas(database, sagas).await?;
    }
    Ok(())
}

async fn sample_sagas(database: &Database, sagas: &Sagas) -> Result<(), Error> {
    let mut oldest: f64 = 0.0;
    for (name, step, state) in sagas.gauges() {
        metrics::gauge!("mall_sagas", "name" => name, "step" => step, "state" => state).set(0.0);
    }
    for (name, step, state, count, age) in database.open_sagas().await? {
        let step = sagas.step_name(&name, step);
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("mall_sagas", "name" => name, "step" => step, "state" => state).set(count as f64);
        oldest = oldest.max(age);
    }
    metrics::gauge!("mall_saga_oldest_seconds").set(oldest);
    Ok(())
}
