//! `mall topics` and `mall topology`: what `/proto/topology.yaml` declares, made and shown.

use std::{io::Write, process::ExitCode};

use mall_cli::servers::create_topics;
use mall_proto::topology::{Flow, SERVICES, TOPICS, Topic};

use super::Outcome;
use crate::checkout::Checkout;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub(crate) async fn make_topics(checkout: &Checkout, bootstrap: Option<String>) -> Outcome {
    let bootstrap = bootstrap.unwrap_or_else(|| checkout.kafka().bootstrap());
    create_topics(&bootstrap, TOPICS).await?;
    println!("  {} topics are on {bootstrap}", TOPICS.len());
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn print() -> ExitCode {
    let mut text = format!("{:<20} {:<12} {:>10}  RETENTION\n", "TOPIC", "OWNER", "PARTITIONS");
    for Topic { name, owner, partitions, retention_ms } in TOPICS {
        let retention = retention_ms.map_or("for ever".to_owned(), |ms| format!("{} days", ms / DAY_MS));
        text += &format!("{name:<20} {owner:<12} {partitions:>10}  {retention}\n");
    }
    for service in SERVICES {
        text += &format!("\n{}\n", service.name);
        text.extend(service.publishes.iter().map(|flow| line("publishes", flow)));
        text.extend(service.consumes.iter().map(|flow| line("handles", flow)));
        if !service.calls.is_empty() {
            text += &format!("  {:<10} {}\n", "calls", service.calls.join(", "));
        }
    }
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn line(verb: &str, flow: &Flow) -> String {
    let short = |message: &&'static str| message.rsplit('.').next().unwrap_or_default();
    let messages: Vec<&str> = flow.messages.iter().map(short).collect();
    format!("  {verb:<10} {:<20} {}\n", flow.topic, messages.join(", "))
}
