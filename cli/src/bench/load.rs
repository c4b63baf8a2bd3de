//! An open-loop generator: orders come when they come, whether the mall keeps up or not.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use super::{
    Failed,
    cost::{Cost, Reading},
    journeys::{self, Journey, histogram, now},
    orders::{Basket, Mall, check_out},
    rig::Rig,
};
use crate::arrivals::arrivals;

/// A rate is sustained if 99 of 100 orders are approved within this time, and the last one so soon after the step's end.
const SUSTAINED_WITHIN: Duration = Duration::from_secs(1);
/// How long a step's backlog may take to drain before the bench gives up.
const DRAINED_WITHIN: Duration = Duration::from_secs(90);
/// The seed of the arrivals: every run has the same ones.
const SEED: u64 = 0x6d61_6c6c_626f_7473;

/// What one rate for some seconds led to.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) rate: usize,
    pub(super) sent: usize,
    pub(super) approved: usize,
    pub(super) rejected: usize,
    /// Checkouts that were answered with an error, and the first of these.
    pub(super) failed: usize,
    pub(super) first_failure: Option<String>,
    /// Commit of the checkout to commit of the approval.
    pub(super) to_approved: Histogram<u64>,
    /// The checkout's answer, as its caller sees it.
    pub(super) answered: Histogram<u64>,
    /// From the last checkout that was sent to the last approval, in seconds.
    pub(super) drained_after: f64,
    /// How far the generator itself was behind at worst, in seconds.
    pub(super) generator_late: f64,
    /// From a while after the step's beginning to its end, and how many orders were approved then.
    pub(super) cost: Cost,
    pub(super) cost_orders: usize,
}

impl Step {
    /// Whether approvals kept up.
    pub(super) fn is_sustained(&self) -> bool {
        let limit = SUSTAINED_WITHIN.as_secs_f64();
        let p99 = journeys::milliseconds(&self.to_approved, 0.99) / 1_000.0;
        self.approved == self.sent && p99 <= limit && self.drained_after <= limit
    }
}

/// Offers `rate` orders a second for some seconds, on baskets that are prepared first.
pub(super) async fn step(rig: &Rig, mall: &Mall, rate: usize, length: Duration) -> Result<Step, Failed> {
    let baskets = mall.prepare(rig, rate * usize::try_from(length.as_secs())?).await?;
    let (offered, cost) = tokio::try_join!(offer(rig, &baskets, length), measure(rig, length))?;
    let (cost, from, to) = cost;
    let accepted = baskets.len() - offered.failed;
    let rejected = journeys::wait_for(rig, &baskets, accepted, DRAINED_WITHIN).await?;
    let journeys = journeys::of(rig, &baskets).await?;
    let last = journeys.iter().map(|journey| journey.approved).max().unwrap_or(i64::MAX);
    let within = |journey: &&Journey| (from..to).contains(&journey.approved);
    Ok(Step {
        rate,
        sent: baskets.len(),
        approved: journeys.len(),
        rejected,
        failed: offered.failed,
        first_failure: offered.first_failure,
        to_approved: histogram(journeys.iter().map(Journey::micros)),
        answered: offered.answered,
        drained_after: (last.saturating_sub(offered.ended)) as f64 / 1e6,
        generator_late: offered.late.as_secs_f64(),
        cost_orders: journeys.iter().filter(within).count(),
        cost,
    })
}

/// Reads the counters when the load has been on for a while, and again just before it ends.
async fn measure(rig: &Rig, length: Duration) -> Result<(Cost, i64, i64), Failed> {
    tokio::time::sleep(length / 5).await;
    let before = Reading::before(rig).await?;
    tokio::time::sleep((length * 3) / 4).await;
    let after = Reading::after(rig).await?;
    Ok((after.since(&before), before.at, after.at))
}

pub(super) struct Offered {
    failed: usize,
    first_failure: Option<String>,
    answered: Histogram<u64>,
    late: Duration,
    /// When the last checkout was sent.
    ended: i64,
}

pub(super) async fn offer(rig: &Rig, baskets: &[Basket], length: Duration) -> Result<Offered, Failed> {
    let mut calls = JoinSet::new();
    let mut late = Duration::ZERO;
    let start = Instant::now();
    for (number, (basket, due)) in baskets.iter().zip(arrivals(SEED, baskets.len(), length)).enumerate() {
        tokio::time::sleep_until((start + due).into()).await;
        late = late.max(start.elapsed().saturating_sub(due));
        let (channel, basket) = (rig.channel(number), basket.clone());
        calls.spawn(async move {
            let sent = Instant::now();
            let answer = check_out(channel, &basket).await;
            (answer, u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX))
        });
    }
    let mut offered = Offered { failed: 0, first_failure: None, answered: histogram([]), late, ended: now() };
    while let Some(call) = calls.join_next().await {
        match call? {
            (Ok(()), micros) => offered.answered.saturating_record(micros),
            (Err(status), _) => {
                offered.failed += 1;
                offered.first_failure.get_or_insert_with(|| status.to_string());
            }
        }
    }
    Ok(offered)
}
