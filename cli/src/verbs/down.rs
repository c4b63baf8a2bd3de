//! `mall down` and `mall reset`: stop what `up` started; reset also deletes the data.

use std::{fs, io, process::ExitCode};

use mall_cli::servers::{Error, Process, postgres};
use mall_proto::topology::SERVICES;
use nix::sys::signal::Signal;

use super::Outcome;
use crate::checkout::Checkout;

pub(crate) async fn run(checkout: &Checkout) -> Outcome {
    let _lock = checkout.lock()?;
    stop_all(checkout).await;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn reset(checkout: &Checkout) -> Outcome {
    let _lock = checkout.lock()?;
    stop_all(checkout).await;
    postgres::remove(&checkout.postgres().dir)?;
    match fs::remove_dir_all(checkout.state()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => {
            removed.map_err(|source| Error::File { action: "remove", path: checkout.state().to_owned(), source })?
        }
    }
    println!("  deleted        {}", checkout.state().display());
    Ok(ExitCode::SUCCESS)
}

/// The gateway first, so that nobody is cut off; then all services at once; then what they stand on.
async fn stop_all(checkout: &Checkout) {
    stop(checkout, &["envoy"], Signal::SIGTERM).await;
    let services: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
    stop(checkout, &services, Signal::SIGTERM).await;
    stop(checkout, &["kafka"], Signal::SIGTERM).await;
    stop(checkout, &["postgres"], Signal::SIGINT).await;
}

async fn stop(checkout: &Checkout, parts: &[&str], stop_signal: Signal) {
    let adopt = |part: &&str| Process::adopt(part, &checkout.pid_file(part), &checkout.log(part), stop_signal);
    let mut running: Vec<Process> = parts.iter().filter_map(adopt).collect();
    running.iter_mut().for_each(Process::ask);
    for process in &mut running {
        process.stop().await;
        println!("  stopped        {}", process.name());
    }
}
