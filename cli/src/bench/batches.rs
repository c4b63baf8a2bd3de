//! What a message costs PostgreSQL when a consumer takes it alone, and when it takes hundreds at once.

use std::time::{Duration, Instant};

use super::{
    Failed,
    cost::handled_by,
    journeys,
    load::{self, Step},
    orders::Mall,
    rig::Rig,
};

/// Whose consumer: it answers nobody's commands, so orders go on while it is away.
pub(super) const SERVICE: &str = "search";
/// Of an order: that it was created, that it was approved.
const MESSAGES_PER_ORDER: usize = 2;
const RATE: usize = 100;
const POLL: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(120);

/// What a service's consumer handled, and what its backends used for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) messages: f64,
    pub(super) batches: f64,
    pub(super) postgresql_seconds: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Batches {
    pub(super) alone: Taken,
    pub(super) together: Taken,
}

impl Taken {
    pub(super) fn micros_per_message(&self) -> f64 {
        self.postgresql_seconds * 1e6 / self.messages.max(1.0)
    }

    pub(super) fn messages_per_batch(&self) -> f64 {
        self.messages / self.batches.max(1.0)
    }
}

impl Batches {
    /// How many times less a message costs in a batch.
    pub(super) fn factor(&self) -> f64 {
        self.alone.micros_per_message() / self.together.micros_per_message().max(f64::EPSILON)
    }
}

/// Stops the consumer, lets `orders` pass, and starts it again; `low` is the load at which it takes messages one by one.
pub(super) async fn measure(rig: &mut Rig, mall: &Mall, low: &Step, orders: usize) -> Result<Batches, Failed> {
    let baskets = mall.prepare(rig, orders).await?;
    rig.stop_service(SERVICE).await;
    load::offer(rig, &baskets, Duration::from_secs_f64(orders as f64 / RATE as f64)).await?;
    journeys::wait_for(rig, &baskets, orders, PATIENCE).await?;
    rig.start_service(SERVICE).await?;
    let expected = (orders * MESSAGES_PER_ORDER) as f64;
    let deadline = Instant::now() + PATIENCE;
    loop {
        // All of it is of this new process, whose backends are new, too.
        let together =
            Taken { postgresql_seconds: rig.watched.backends_of(SERVICE), ..handled_by(rig, SERVICE).await? };
        if together.messages >= expected {
            return Ok(Batches { alone: low.cost.taken, together });
        }
        if Instant::now() > deadline {
            return Err(format!("{SERVICE} has handled {} of {expected} messages only", together.messages).into());
        }
        tokio::time::sleep(POLL).await;
    }
}
