//! `mall`: runs MallBots on one machine and shows how it does.
#![allow(clippy::print_stdout, reason = "a program for terminals answers on stdout")]

mod arrivals;
mod bench;
mod checkout;
mod load;
mod verbs;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

use checkout::Checkout;
use verbs::{Outcome, topology::Format};

/// Runs MallBots on one machine and shows how it does.
#[derive(Parser)]
#[command(name = "mall", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Start everything and wait until it is ready; what runs already is kept.
    Up {
        /// Do not put a small mall into an empty one.
        #[arg(long)]
        no_seed: bool,
        /// The folder with the nine services [default: where this program is].
        #[arg(long)]
        bin_dir: Option<PathBuf>,
    },
    /// Stop what `up` started, and only that; data stay.
    Down,
    /// Stop what `up` started and delete all data of this checkout.
    Reset,
    /// Show how each service does; fails if one is not ready.
    Status,
    /// Run one order from basket to completion, and show how long each step took.
    Demo {
        /// The gateway's address, as in http://host:port [default: the one of `up`].
        #[arg(long, value_name = "URL")]
        gateway: Option<String>,
    },
    /// Measure how fast the mall is and what an order costs, on a fleet of its own.
    Bench {
        /// Everything once and short: whether the bench works, not how fast the mall is.
        #[arg(long)]
        quick: bool,
        /// This rate only, for half a minute: to look at with a profiler.
        #[arg(long, conflicts_with = "quick", value_name = "ORDERS_PER_SECOND")]
        rate: Option<usize>,
        /// Write the figures to this file, too.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Let people and bots come to a running mall, whether it keeps up or not; fails if one of them got no answer.
    Load(load::Options),
    /// Make the topics that are missing.
    Topics {
        /// Kafka's host:port [default: the one of `up`].
        #[arg(long, env = "MALL__KAFKA__BOOTSTRAP")]
        bootstrap: Option<String>,
    },
    /// Print who publishes, handles and calls what.
    Topology {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// What a gateway in a pod needs.
    #[command(subcommand)]
    Gateway(Gateway),
    /// Print the REST API as an OpenAPI 3.1 document.
    Openapi,
    /// Run a command with a private PostgreSQL and Kafka, which are gone afterwards.
    ///
    /// Their addresses are in MALL_TEST_POSTGRES and MALL_TEST_KAFKA, their folder is in MALL_TEST_STATE. Ends with the
    /// command's exit code.
    WithServers {
        /// Start PostgreSQL only.
        #[arg(long)]
        no_kafka: bool,
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

#[derive(Subcommand)]
enum Gateway {
    /// Write the declarations to transcode by, and a copy of this program, to a folder.
    Prepare { folder: PathBuf },
    /// Make Envoy send its clients away, and wait until nothing is under way.
    Drain {
        /// Envoy's admin address, as in http://host:port.
        admin: String,
        /// Seconds to wait at least: others need them to hear of it.
        #[arg(long, default_value_t = 5)]
        least: u64,
        /// Seconds to wait at most.
        #[arg(long, default_value_t = 30)]
        most: u64,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(arguments.verb)) {
        Ok(code) => code,
        Err(error) => failed(error.as_ref()),
    }
}

async fn run(verb: Verb) -> Outcome {
    let checkout = Checkout::find()?;
    match verb {
        Verb::Up { no_seed, bin_dir } => verbs::up::run(&checkout, !no_seed, bin_dir).await,
        Verb::Down => verbs::down::run(&checkout).await,
        Verb::Reset => verbs::down::reset(&checkout).await,
        Verb::Status => verbs::status::run(&checkout).await,
        Verb::Demo { gateway } => verbs::demo::run(gateway.unwrap_or_else(|| checkout.gateway_url())).await,
        Verb::Bench { quick, rate, json } => verbs::bench::run(quick, rate, json.as_deref()).await,
        Verb::Load(options) => verbs::load::run(&checkout, options).await,
        Verb::Topics { bootstrap } => verbs::topology::make_topics(&checkout, bootstrap).await,
        Verb::Openapi => verbs::openapi::print(),
        Verb::Topology { format } => Ok(verbs::topology::print(format)),
        Verb::Gateway(Gateway::Prepare { folder }) => verbs::gateway::prepare(&folder),
        Verb::Gateway(Gateway::Drain { admin, least, most }) => {
            verbs::gateway::drain(&admin, Duration::from_secs(least), Duration::from_secs(most)).await
        }
        Verb::WithServers { no_kafka, command } => verbs::with_servers::run(&command, !no_kafka).await,
    }
}

/// One line with all causes; what a part logged last may follow it.
fn failed(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    eprintln!("mall: {text}");
    ExitCode::FAILURE
}
