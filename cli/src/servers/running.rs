//! What PostgreSQL, Kafka and Envoy have in common once they run: a process, and the options it was started with.

use std::path::Path;

use nix::sys::signal::Signal;

use super::{Error, Process};

/// How one of them is started.
pub trait Start: Clone {
    /// The name under which people know it, e.g. `kafka`.
    const NAME: &'static str;
    /// The signal that asks it to end in order.
    const STOP: Signal = Signal::SIGTERM;

    /// Makes what it needs if that is not there, starts it and waits until it answers.
    fn start(&self) -> impl Future<Output = Result<Process, Error>>;

    fn log(&self) -> &Path;

    fn pid_file(&self) -> Option<&Path>;
}

/// A running server. Dropping it stops the server, unless it was left with [`Running::leave`].
#[derive(Debug)]
pub struct Running<Options> {
    pub(super) options: Options,
    process: Process,
}

impl<Options: Start> Running<Options> {
    /// Makes what it needs if that is not there, starts it and waits until it answers.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let process = options.start().await?;
        Ok(Self { options, process })
    }

    /// Takes hold of one that was left running; nothing if it has ended.
    pub fn adopt(options: Options) -> Option<Self> {
        let process = Process::adopt(Options::NAME, options.pid_file()?, options.log(), Options::STOP)?;
        Some(Self { options, process })
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// Leaves it running when this handle is dropped.
    pub fn leave(&mut self) {
        self.process.leave();
    }

    /// Lets it end in order. PostgreSQL cuts its clients off, and writes everything.
    pub async fn stop(&mut self) {
        self.process.stop().await;
    }

    /// SIGKILL to it and all its children: what it had not written is lost, as in a crash of the machine.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Freezes it and all its children.
    pub fn pause(&mut self) {
        self.process.pause();
    }

    pub fn resume(&mut self) {
        self.process.resume();
    }

    /// Stops it if it runs, and starts it again on the same data and ports.
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.stop().await;
        self.process = self.options.start().await?;
        Ok(())
    }
}
