//! `mall up`: tools, servers, databases, topics, services, gateway, and a small mall to look at.

use std::{
    env,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use mall_cli::{
    Fleet, FleetOptions,
    fleet::{self, Ready},
    rest::Rest,
    servers::{Error, Identity, Kafka, Postgres, ports, tools},
};
use mall_proto::topology::SERVICES;
use tokio::signal::unix::{SignalKind, signal};

use super::{Outcome, seed};
use crate::checkout::Checkout;

/// What is running, in the order in which it is to be dropped: whatever is not left is stopped then.
struct Mall {
    fleet: Fleet,
    kafka: Option<Kafka>,
    postgres: Option<Postgres>,
}

pub(crate) async fn run(checkout: &Checkout, with_seed: bool, bin_dir: Option<PathBuf>) -> Outcome {
    let _lock = checkout.lock()?;
    let mut terminated = signal(SignalKind::terminate())?;
    let started = tokio::select! {
        started = start(checkout, with_seed, bin_dir) => started?,
        _ = tokio::signal::ctrl_c() => return Err("stopped; nothing that was started runs on".into()),
        _ = terminated.recv() => return Err("stopped; nothing that was started runs on".into()),
    };
    started.leave();
    print_addresses(checkout);
    Ok(ExitCode::SUCCESS)
}

async fn start(
    checkout: &Checkout,
    with_seed: bool,
    bin_dir: Option<PathBuf>,
) -> Result<Mall, Box<dyn std::error::Error + Send + Sync>> {
    refuse_to_move(checkout)?;
    check_ports(checkout)?;
    checkout.remember_base()?;
    tools::to_fetch().iter().for_each(|tool| println!("  fetch  {tool}"));
    let ((postgres, postgres_url), (kafka, bootstrap)) = tokio::try_join!(postgres(checkout), kafka(checkout))?;
    tools::envoy().await?;
    let options = FleetOptions {
        binaries: bin_dir.map_or_else(fleet::binaries, Ok)?,
        state: checkout.state().to_owned(),
        run: checkout.run(),
        postgres: postgres_url,
        kafka: bootstrap,
        database_prefix: "mall_".to_owned(),
        ports: checkout.ports(),
        gateway: true,
        environment: Vec::new(),
        adopt: true,
    };
    let fleet = Fleet::launch_with(options, tell).await?;
    if with_seed {
        seed::into_an_empty_mall(&Rest::new(checkout.gateway_url())).await?;
    }
    Ok(Mall { fleet, kafka, postgres })
}

impl Mall {
    fn leave(mut self) {
        self.fleet.leave();
        self.kafka.iter_mut().for_each(Kafka::leave);
        self.postgres.iter_mut().for_each(Postgres::leave);
    }
}

/// What runs on other ports would be taken for dead.
fn refuse_to_move(checkout: &Checkout) -> Result<(), Error> {
    if checkout.has_moved() && parts().any(|part| runs(checkout, part)) {
        return Err(Error::Unusable("this mall runs on other ports: `mall down` first".to_owned()));
    }
    Ok(())
}

fn parts() -> impl Iterator<Item = &'static str> {
    ["postgres", "kafka", "envoy"].into_iter().chain(SERVICES.iter().map(|service| service.name))
}

fn runs(checkout: &Checkout, part: &str) -> bool {
    Identity::read(&checkout.pid_file(part)).is_some()
}

/// All ports of all parts that do not run yet, before anything is started.
fn check_ports(checkout: &Checkout) -> Result<(), ports::Taken> {
    let fleet = checkout.ports();
    let mut wanted = vec![("envoy", fleet.gateway()), ("envoy", fleet.gateway_admin())];
    if given("MALL__DATABASE__URL").is_none() {
        wanted.push(("postgres", checkout.postgres().port));
    }
    if given("MALL__KAFKA__BOOTSTRAP").is_none() {
        wanted.extend([("kafka", checkout.kafka().port), ("kafka", checkout.kafka().controller_port)]);
    }
    wanted.extend(
        SERVICES
            .iter()
            .flat_map(|service| [(service.name, fleet.grpc(service.name)), (service.name, fleet.http(service.name))]),
    );
    wanted.retain(|(part, _)| !runs(checkout, part));
    ports::check(wanted.into_iter().map(|(part, port)| (port, part.to_owned())))
}

/// A server that is there already, by the variable that services know it by.
#[expect(clippy::disallowed_methods, reason = "what services read from their configuration, `mall` gets from people")]
fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

async fn postgres(checkout: &Checkout) -> Result<(Option<Postgres>, String), Error> {
    if let Some(url) = given("MALL__DATABASE__URL") {
        return Ok((None, url));
    }
    let start = Instant::now();
    let kept = Postgres::adopt(checkout.postgres());
    let was_there = kept.is_some();
    let server = match kept {
        Some(server) => server,
        None => Postgres::start(checkout.postgres()).await?,
    };
    tell_of("postgres", format!("port {}", server.port()), start.elapsed(), was_there);
    let url = server.url();
    Ok((Some(server), url))
}

async fn kafka(checkout: &Checkout) -> Result<(Option<Kafka>, String), Error> {
    if let Some(bootstrap) = given("MALL__KAFKA__BOOTSTRAP") {
        return Ok((None, bootstrap));
    }
    let start = Instant::now();
    let kept = Kafka::adopt(checkout.kafka());
    let was_there = kept.is_some();
    let broker = match kept {
        Some(broker) => broker,
        None => Kafka::start(checkout.kafka()).await?,
    };
    tell_of("kafka", format!("port {}", broker.port()), start.elapsed(), was_there);
    let bootstrap = broker.bootstrap();
    Ok((Some(broker), bootstrap))
}

fn tell_of(part: &str, address: String, took: Duration, kept: bool) {
    tell(&Ready { part: part.to_owned(), address, took, kept });
}

fn tell(ready: &Ready) {
    let time = match ready.kept {
        true => "ran already".to_owned(),
        false => format!("{:.1} s", ready.took.as_secs_f64()),
    };
    println!("  ready  {:<14} {:<22}  {time}", ready.part, ready.address);
}

fn print_addresses(checkout: &Checkout) {
    let (ports, gateway) = (checkout.ports(), checkout.gateway_url());
    println!();
    println!("  REST and gRPC  {gateway}/api/stores");
    println!("  gateway admin  http://127.0.0.1:{}", ports.gateway_admin());
    println!("  PostgreSQL     {}", checkout.postgres().database_url("mall_ordering"));
    println!("  Kafka          {}", checkout.kafka().bootstrap());
    println!("  logs           {}", checkout.log("*").display());
    println!();
    println!("  `mall demo` runs one order, `mall status` shows how all do, `mall down` stops them.");
}
