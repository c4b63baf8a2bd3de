//! `mall load`: people and bots come to a running mall at a given rate, in a given mix, whether it keeps up or not.

mod mix;
mod report;
mod visits;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use mall_cli::rest::Rest;
use tokio::task::JoinSet;

use crate::arrivals::{Chance, arrivals};
use crate::verbs::Failed;
use mix::Mix;
use report::Report;
use visits::Mall;

/// What to do, and how much of it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Visits per second.
    #[arg(long, default_value_t = 20.0, value_name = "VISITS_PER_SECOND")]
    pub(crate) rate: f64,
    /// For how long they come.
    #[arg(long, default_value_t = 30)]
    pub(crate) seconds: u64,
    /// What they come for, and how often one against the others.
    #[arg(long, default_value = Mix::USUAL, value_name = "KIND=WEIGHT,..")]
    pub(crate) mix: Mix,
    /// The same seed makes the same visits at the same times.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The gateway's address [default: the one of `up`].
    #[arg(long)]
    pub(crate) gateway: Option<String>,
    /// Write the figures to this file, too.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// How often it is told how it goes.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// Lets them come; each visit's time counts from when it was due, so that a mall which stalls cannot hide it.
pub(crate) async fn run(rest: Rest, options: &Options) -> Result<Report, Failed> {
    let mall = Arc::new(Mall::open(rest).await?);
    let length = Duration::from_secs(options.seconds);
    let count = (options.rate * length.as_secs_f64()).round() as usize;
    let mut chance = Chance::of(options.seed);
    let mut visits = JoinSet::new();
    let mut report = Report::default();
    let start = Instant::now();
    let mut told = start;
    for due in arrivals(options.seed, count, length) {
        tokio::time::sleep_until((start + due).into()).await;
        report.late = report.late.max(start.elapsed().saturating_sub(due));
        let (kind, mall, own) = (options.mix.pick(&mut chance), Arc::clone(&mall), chance.clone());
        visits.spawn(async move {
            let ended = mall.visit(kind, own).await;
            (kind, ended, start.elapsed().saturating_sub(due))
        });
        while let Some(visit) = visits.try_join_next() {
            report.note(visit?);
        }
        if told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            report.tell(start.elapsed());
        }
    }
    while let Some(visit) = visits.join_next().await {
        report.note(visit?);
    }
    Ok(report)
}
