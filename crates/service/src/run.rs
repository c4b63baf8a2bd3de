//! A service's whole life: from the configuration to the exit code.

use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, ConfigError};
use crate::server::{StartError, migrate_only, start};
use crate::service::Service;
use crate::telemetry::Telemetry;

/// `EX_USAGE`: the configuration is wrong.
const BAD_CONFIGURATION: u8 = 64;
/// How long draining may take in all.
const DRAIN: Duration = Duration::from_secs(25);

/// What a service is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    /// No argument: serve.
    Serve,
    /// `migrate`: make the schema and end.
    Migrate,
}

/// Runs a service until SIGTERM or SIGINT, or, asked to `migrate`, until its schema is made. Exit codes: 0 drained or
/// migrated, 64 bad configuration or argument, 1 anything else.
pub fn run(build: fn(&Config) -> Service) -> ExitCode {
    let errand = match errand(std::env::args().skip(1)) {
        Ok(errand) => errand,
        Err(error) => return fail(&error, BAD_CONFIGURATION),
    };
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return fail(&error, BAD_CONFIGURATION),
    };
    // One thread serves best here: the work is waiting, and a second worker costs more than it gives.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match errand {
        Errand::Serve => runtime.block_on(live(build, &config)),
        Errand::Migrate => runtime.block_on(migrate(build, &config)),
    }
}

fn errand(mut arguments: impl Iterator<Item = String>) -> Result<Errand, ConfigError> {
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(Errand::Serve),
        (Some("migrate"), None) => Ok(Errand::Migrate),
        (Some(first), _) => Err(ConfigError::new("argument", &format!("{first:?} is not `migrate`, alone"))),
    }
}

async fn migrate(build: fn(&Config) -> Service, config: &Config) -> ExitCode {
    let service = build(config);
    let telemetry = match Telemetry::start(service.name(), config) {
        Ok(telemetry) => telemetry,
        Err(error) => return fail(&error, BAD_CONFIGURATION),
    };
    let migrated = migrate_only(service).await;
    telemetry.end();
    match migrated {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(arguments: &[&str]) -> Option<Errand> {
        errand(arguments.iter().map(|argument| (*argument).to_owned())).ok()
    }

    #[test]
    fn a_service_serves_or_migrates_and_takes_no_other_argument() {
        assert_eq!(asked(&[]), Some(Errand::Serve));
        assert_eq!(asked(&["migrate"]), Some(Errand::Migrate));
        assert_eq!(asked(&["migrat"]), None);
        assert_eq!(asked(&["migrate", "now"]), None);
    }
}
