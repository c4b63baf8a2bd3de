//! One order in flight: how long it takes from checkout to approval.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::json;

use super::{
    Failed,
    journeys::{self, Journey, histogram},
    orders::{Basket, Mall},
    rig::Rig,
};

/// The next order starts so long after the one before. Nobody looks meanwhile: looking costs time, too.
const PACE: Duration = Duration::from_millis(120);
const PATIENCE: Duration = Duration::from_secs(30);
/// Every so many orders the caller waits for the approval by asking.
const ASKED: usize = 2;

#[derive(Debug)]
pub(super) struct Single {
    /// Commit of the checkout to commit of the approval, nobody asking.
    pub(super) to_approved: Histogram<u64>,
    /// Orders that began before the one before them was approved.
    pub(super) overlapping: usize,
    /// The checkout's answer through REST.
    pub(super) answered: Histogram<u64>,
    /// From sending the checkout to reading `approved`, through REST, asking again and again.
    pub(super) seen: Histogram<u64>,
    /// Commit to commit, of the orders that were asked about.
    pub(super) to_approved_asked: Histogram<u64>,
}

pub(super) async fn measure(rig: &Rig, mall: &Mall, count: usize) -> Result<Single, Failed> {
    let (mut answered, mut seen) = (histogram([]), histogram([]));
    let alone = mall.prepare(rig, count).await?;
    for basket in &alone {
        let next = tokio::time::Instant::now() + PACE;
        answered.saturating_record(check_out(rig, basket).await?);
        tokio::time::sleep_until(next).await;
    }
    journeys::wait_for(rig, &alone, alone.len(), PATIENCE).await?;
    let alone = all_approved(journeys::of(rig, &alone).await?, alone.len())?;
    let overlapping = alone.windows(2).filter(|pair| pair[1].checked_out < pair[0].approved).count();

    let asked = mall.prepare(rig, count / ASKED).await?;
    for basket in &asked {
        let start = Instant::now();
        check_out(rig, basket).await?;
        let path = format!("/api/ordering/{}", basket.id);
        rig.rest.wait_for("an approved order", &path, |answer| answer["order"]["status"] == "approved").await?;
        seen.saturating_record(u64::try_from(start.elapsed().as_micros())?);
    }
    let asked = all_approved(journeys::of(rig, &asked).await?, asked.len())?;
    Ok(Single {
        to_approved: histogram(alone.iter().map(Journey::micros)),
        overlapping,
        answered,
        seen,
        to_approved_asked: histogram(asked.iter().map(Journey::micros)),
    })
}

/// Microseconds until the answer.
async fn check_out(rig: &Rig, basket: &Basket) -> Result<u64, Failed> {
    let start = Instant::now();
    let body = json!({"paymentId": basket.payment});
    rig.rest.put(&format!("/api/baskets/{}/checkout", basket.id), body).await?;
    Ok(u64::try_from(start.elapsed().as_micros())?)
}

fn all_approved(journeys: Vec<Journey>, wanted: usize) -> Result<Vec<Journey>, Failed> {
    match journeys.len() == wanted {
        true => Ok(journeys),
        false => Err(format!("{} of {wanted} orders were approved", journeys.len()).into()),
    }
}
