//! A service's whole life: from the configuration to the exit code.

use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::server::{StartError, start};
use crate::service::Service;

/// `EX_USAGE`: the configuration is wrong.
const BAD_CONFIGURATION: u8 = 64;
/// How long draining may take in all.
const DRAIN: Duration = Duration::from_secs(25);

/// Runs a service until SIGTERM or SIGINT. Exit codes: 0 drained, 64 bad configuration, 1 anything else.
pub fn run(build: fn(&Config) -> Service) -> ExitCode {
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return fail(&error, BAD_CONFIGURATION),
    };
    // One thread serves best here: the work is waiting, and a second worker costs more than it gives.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(live(build, &config))
}

async fn live(build: fn(&Config) -> Service, config: &Config) -> ExitCode {
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened to");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be listened to");
    let running = tokio::select! {
        started = start(build(config), true) => match started {
            Ok(running) => running,
            Err(error @ StartError::Config(_)) => return fail(&error, BAD_CONFIGURATION),
            Err(error) => return fail(&error, 1),
        },
        _ = terminate.recv() => return ExitCode::SUCCESS,
        _ = interrupt.recv() => return ExitCode::SUCCESS,
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("draining");
    match tokio::time::timeout(DRAIN, running.stop()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => {
            tracing::error!("did not drain in time");
            ExitCode::FAILURE
        }
    }
}

/// One line on standard error, with its causes.
#[expect(clippy::print_stderr, reason = "logs may not be running yet")]
fn fail(error: &dyn std::error::Error, code: u8) -> ExitCode {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    eprintln!("{line}");
    ExitCode::from(code)
}
