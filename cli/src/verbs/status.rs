//! `mall status`: whether each service is ready, and what is waiting in it.

use std::{process::ExitCode, time::Duration};

use mall_cli::servers::{Identity, ports::loopback};
use mall_proto::topology::SERVICES;

use super::{
    Outcome,
    metrics::{self, Sample},
};
use crate::checkout::Checkout;

/// What one service shows; nothing where it does not answer.
struct Row {
    service: &'static str,
    pid: Option<u32>,
    /// Why it is not ready.
    trouble: Option<String>,
    samples: Vec<Sample>,
}

pub(crate) async fn run(checkout: &Checkout) -> Outcome {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build()?;
    let asked = SERVICES.iter().map(|service| ask(&client, checkout, service.name));
    let mut rows = Vec::new();
    for row in asked {
        rows.push(row.await);
    }
    rows.sort_unstable_by_key(|row| row.service);
    println!(
        "{:<14} {:>7}  {:>7}  {:>8}  {:>8}  {:>10}  {:>12}  STATE",
        "SERVICE", "PID", "WAITING", "OLDEST", "BEHIND", "OPEN SAGAS", "DEAD LETTERS"
    );
    rows.iter().for_each(print);
    match rows.iter().all(|row| row.trouble.is_none()) {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}

async fn ask(client: &reqwest::Client, checkout: &Checkout, service: &'static str) -> Row {
    let address = loopback(checkout.ports().http(service));
    let trouble = trouble(client, &format!("http://{address}/readyz")).await;
    let pid = Identity::read(&checkout.pid_file(service)).map(|identity| identity.pid());
    let samples = samples(client, &format!("http://{address}/metrics")).await.unwrap_or_default();
    Row { service, pid, trouble, samples }
}

async fn trouble(client: &reqwest::Client, url: &str) -> Option<String> {
    let answer = match client.get(url).send().await {
        Err(error) if error.is_timeout() => return Some("does not answer".to_owned()),
        Err(_) => return Some("does not run".to_owned()),
        Ok(answer) if answer.status().is_success() => return None,
        Ok(answer) => answer,
    };
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    Some(format!("not ready ({}) {}", status.as_u16(), text.trim()))
}

async fn samples(client: &reqwest::Client, url: &str) -> Result<Vec<Sample>, reqwest::Error> {
    Ok(metrics::parse(&client.get(url).send().await?.text().await?))
}

impl Row {
    fn values(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }

    fn sum(&self, name: &str) -> Option<f64> {
        self.values(name).map(|sample| sample.value).reduce(|a, b| a + b)
    }

    fn highest(&self, name: &str) -> Option<f64> {
        self.values(name).map(|sample| sample.value).reduce(f64::max)
    }
}

fn print(row: &Row) {
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
    let seconds = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1} s"));
    println!(
        "{:<14} {:>7}  {:>7}  {:>8}  {:>8}  {:>10}  {:>12}  {}",
        row.service,
        row.pid.map_or("-".to_owned(), |pid| pid.to_string()),
        number(row.sum("mall_outbox_waiting")),
        seconds(row.highest("mall_outbox_oldest_seconds")),
        seconds(row.highest("mall_consumer_behind_seconds")),
        number(row.sum("mall_sagas")),
        number(row.sum("mall_dead_letters")),
        row.trouble.as_deref().unwrap_or("ready"),
    );
}
