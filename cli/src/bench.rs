//! How fast the mall is, and what an order costs: measured on a fleet of its own, in phases that end in one report.

mod batches;
mod cost;
mod cpu;
mod drain;
mod history;
mod journeys;
mod kafka_log;
mod load;
mod machine;
mod orders;
mod report;
mod rig;
mod single;
mod visible;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use batches::Batches;
use cost::{Cost, Reading};
use drain::Drain;
use hdrhistogram::Histogram;
use history::History;
use load::Step;
use machine::Machine;
use orders::Mall;
use rig::Rig;
use single::Single;

use crate::verbs::Failed;

/// How much of everything.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    warm_up: Vec<(usize, Duration)>,
    /// Orders that travel alone.
    single: usize,
    idle: Duration,
    /// A rate at which batches hardly form, and for how long.
    low: (usize, Duration),
    /// Rising rates, until one is not sustained.
    rates: Vec<usize>,
    step: Duration,
    /// Orders that there were before.
    past: usize,
    /// Orders that pass while a consumer is away.
    missed: usize,
    /// Rows that wait in an outbox.
    waiting: i64,
}

impl Plan {
    pub(crate) fn full() -> Self {
        let seconds = Duration::from_secs;
        Self {
            // The broker's compiler wants hundreds of orders, alone and in batches.
            warm_up: vec![(50, seconds(8)), (150, seconds(4))],
            single: 200,
            idle: seconds(20),
            low: (10, seconds(30)),
            rates: vec![100, 200, 400, 700, 1_000, 1_400, 2_000, 2_800],
            step: seconds(10),
            past: 100_000,
            missed: 2_000,
            waiting: 1_000_000,
        }
    }

    /// One rate for half a minute, all else short: to look at with a profiler.
    pub(crate) fn at(rate: usize) -> Self {
        let (full, step) = (Self::full(), Duration::from_secs(30));
        Self { warm_up: full.warm_up, rates: vec![rate], step, ..Self::quick() }
    }

    /// Everything once, for tests: whether the bench works, not how fast the mall is.
    pub(crate) fn quick() -> Self {
        let seconds = Duration::from_secs;
        Self {
            warm_up: vec![(10, seconds(2))],
            single: 10,
            idle: seconds(2),
            low: (5, seconds(3)),
            rates: vec![20],
            step: seconds(3),
            past: 500,
            missed: 50,
            waiting: 20_000,
        }
    }
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Report {
    machine: Machine,
    single: Single,
    idle: Cost,
    memory: BTreeMap<String, f64>,
    low: Step,
    steps: Vec<Step>,
    /// Commit of an event to its message at a consumer, one order in flight.
    visible: Histogram<u64>,
    history: History,
    batches: Batches,
    drain: Drain,
}

/// Measures everything; tells how far it is on the terminal.
pub(crate) async fn run(plan: &Plan) -> Result<Report, Failed> {
    let progress = Progress(Instant::now());
    let machine = Machine::look();
    progress.tell(&format!("start: load average {}", machine.load_average));
    let mut rig = Rig::start().await?;
    let machine = machine.with_versions(&rig).await?;
    let mall = Mall::open(&rig).await?;
    for (rate, length) in &plan.warm_up {
        progress.tell(&format!("warm-up: {rate} orders/s for {} s", length.as_secs()));
        load::step(&rig, &mall, *rate, *length).await?;
    }
    progress.tell(&format!("latency: {} orders, one at a time", plan.single));
    let single = single::measure(&rig, &mall, plan.single).await?;
    let visible = visible::measure(&rig, &mall, plan.single).await?;
    progress.tell(&format!("idle: {} s", plan.idle.as_secs()));
    let idle = idle(&rig, plan.idle).await?;
    let memory = rig.watched.memory();
    progress.tell(&format!("low load: {} orders/s for {} s", plan.low.0, plan.low.1.as_secs()));
    let low = load::step(&rig, &mall, plan.low.0, plan.low.1).await?;
    progress.tell(&report::step_line(&low));
    let steps = find_top(&rig, &mall, plan, &progress).await?;
    progress.tell(&format!(
        "history: {} orders before, {} orders/s for {} s",
        plan.past,
        plan.low.0,
        plan.low.1.as_secs()
    ));
    let history = history::measure(&rig, &mall, plan.past, plan.low).await?;
    progress.tell(&report::step_line(&history.after));
    progress.tell(&format!("batches: {} orders pass while {} is away", plan.missed, batches::SERVICE));
    let batches = batches::measure(&mut rig, &mall, &low, plan.missed).await?;
    progress.tell(&format!("outbox: {} waiting rows", plan.waiting));
    let drain = drain::measure(&mut rig, plan.waiting).await?;
    progress.tell("stop");
    Ok(Report { machine, single, idle, memory, low, steps, visible, history, batches, drain })
}

async fn idle(rig: &Rig, length: Duration) -> Result<Cost, Failed> {
    // PostgreSQL's backends report what they did only after ten idle seconds.
    tokio::time::sleep(length * 3 / 5).await;
    let before = Reading::before(rig).await?;
    tokio::time::sleep(length).await;
    Ok(Reading::after(rig).await?.since(&before))
}

/// Rising rates until one is not sustained, then once the middle between that and the one before.
async fn find_top(rig: &Rig, mall: &Mall, plan: &Plan, progress: &Progress) -> Result<Vec<Step>, Failed> {
    let mut steps: Vec<Step> = Vec::new();
    let mut rates = plan.rates.clone();
    rates.reverse();
    let mut sustained = 0;
    while let Some(rate) = rates.pop() {
        progress.tell(&format!("rate: {rate} orders/s for {} s", plan.step.as_secs()));
        let step = load::step(rig, mall, rate, plan.step).await?;
        progress.tell(&report::step_line(&step));
        let good = step.is_sustained();
        steps.push(step);
        if good {
            sustained = sustained.max(rate);
        } else if steps.iter().filter(|step| !step.is_sustained()).count() == 1 {
            rates = vec![(sustained + rate) / 2];
        }
    }
    steps.sort_by_key(|step| step.rate);
    Ok(steps)
}

struct Progress(Instant);

impl Progress {
    fn tell(&self, text: &str) {
        println!("{:>7.1} s  {text}", self.0.elapsed().as_secs_f64());
    }
}
