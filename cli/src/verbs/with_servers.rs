//! `mall with-servers -- COMMAND`: a private PostgreSQL and Kafka for as long as the command runs.

use std::{os::unix::process::ExitStatusExt, process::ExitCode};

use mall_cli::servers::PrivateServers;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

use super::Outcome;

pub(crate) async fn run(command: &[String], with_kafka: bool) -> Outcome {
    let (program, arguments) = command.split_first().ok_or("there is no command to run")?;
    // From here on, so that no signal can end us without stopping the servers.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let servers = tokio::select! {
        servers = PrivateServers::start(with_kafka) => servers?,
        _ = interrupted.recv() => return Ok(ExitCode::from(130)),
        _ = terminated.recv() => return Ok(ExitCode::from(143)),
    };
    let mut child = Command::new(program);
    child.args(arguments).env("MALL_TEST_POSTGRES", servers.postgres.url()).env("MALL_TEST_STATE", servers.state());
    match &servers.kafka {
        Some(kafka) => child.env("MALL_TEST_KAFKA", kafka.bootstrap()),
        // Not one of a call around this one either.
        None => child.env_remove("MALL_TEST_KAFKA"),
    };
    let mut child = child.spawn().map_err(|error| format!("cannot run {program}: {error}"))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            // The terminal has sent it to the command, too.
            _ = interrupted.recv() => {}
            _ = terminated.recv() => pass_on(&child),
        }
    };
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    Ok(ExitCode::from(u8::try_from(code.unwrap_or(1)).unwrap_or(1)))
}

fn pass_on(child: &Child) {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        // It may have ended just now; then its status is what counts.
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
}
