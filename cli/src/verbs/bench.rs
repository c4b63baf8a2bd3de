//! `mall bench`: how fast the mall is on this machine, and what an order costs.

use std::{fs, path::Path, process::ExitCode};

use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;
use crate::bench::{self, Plan};

pub(crate) async fn run(quick: bool, rate: Option<usize>, json: Option<&Path>) -> Outcome {
    let plan = match rate {
        Some(rate) => Plan::at(rate),
        None if quick => Plan::quick(),
        None => Plan::full(),
    };
    let mut terminated = signal(SignalKind::terminate())?;
    let report = tokio::select! {
        report = bench::run(&plan) => report?,
        // What was started ends with its handles.
        _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(130)),
        _ = terminated.recv() => return Ok(ExitCode::from(143)),
    };
    report.print();
    if let Some(file) = json {
        fs::write(file, format!("{:#}\n", report.to_json()))?;
    }
    Ok(ExitCode::SUCCESS)
}
