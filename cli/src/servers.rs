//! PostgreSQL, Kafka and Envoy as child processes of ours, for `mall up`, for tests and for benches.
//!
//! Nothing is installed: PostgreSQL's binaries are the system's, Kafka's jars and Envoy's binary are fetched once into a
//! cache folder. A handle stops its process when it is dropped, unless it was told to leave it running.

pub mod envoy;
pub mod kafka;
pub mod ports;
pub mod postgres;
pub mod private;
pub mod process;
mod process_table;
mod running;
pub mod tools;
pub mod topics;

pub use envoy::{Envoy, EnvoyOptions, Upstream};
pub use kafka::{Kafka, KafkaOptions};
pub use postgres::{Postgres, PostgresOptions};
pub use private::PrivateServers;
pub use process::{Process, Recipe};
pub use process_table::Identity;
pub use running::{Running, Start};
pub use topics::create_topics;

use std::{io, path::PathBuf};

/// Why a part could not be fetched, started or stopped. Its text is meant for a terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{what} is missing: install the package {package}")]
    Missing { what: &'static str, package: &'static str },
    #[error("cannot run {program}")]
    Spawn { program: String, source: io::Error },
    #[error("{command} failed ({status})\n{output}")]
    Failed { command: String, status: String, output: String },
    #[error("{name} ended at its start ({status}); the end of {}:\n{tail}", log.display())]
    Died { name: String, status: String, log: PathBuf, tail: String },
    #[error("{name} is not ready after {seconds} s: {reason}; the end of {}:\n{tail}", log.display())]
    NotReady { name: String, seconds: u64, reason: String, log: PathBuf, tail: String },
    #[error("cannot {action} {}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error(transparent)]
    Ports(#[from] ports::Taken),
    #[error("topic {topic}: {reason}")]
    Topic { topic: String, reason: String },
    #[error("Kafka refused")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error("PostgreSQL refused")]
    Sql(#[from] sqlx::Error),
    #[error("{0}")]
    Unusable(String),
}

impl Error {
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
