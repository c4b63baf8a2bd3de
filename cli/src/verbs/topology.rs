//! `mall topics` and `mall topology`: what `/proto/topology.yaml` declares, made and shown.

use std::process::ExitCode;

use mall_cli::servers::create_topics;
use mall_proto::topology::{Flow, SERVICES, TOPICS};

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
    println!("{:<20} {:<12} {:>10}  RETENTION", "TOPIC", "OWNER", "PARTITIONS");
    for topic in TOPICS {
        let retention = topic.retention_ms.map_or("for ever".to_owned(), |ms| format!("{} days", ms / DAY_MS));
        println!("{:<20} {:<12} {:>10}  {retention}", topic.name, topic.owner, topic.partitions);
    }
    for service in SERVICES {
        println!("\n{}", service.name);
        service.publishes.iter().for_each(|flow| print_flow("publishes", flow));
        service.consumes.iter().for_each(|flow| print_flow("handles", flow));
        if !service.calls.is_empty() {
            println!("  {:<10} {}", "calls", service.calls.join(", "));
        }
    }
    ExitCode::SUCCESS
}

fn print_flow(verb: &str, flow: &Flow) {
    let short = |message: &&'static str| message.rsplit('.').next().unwrap_or_default();
    let messages: Vec<&str> = flow.messages.iter().map(short).collect();
    println!("  {verb:<10} {:<20} {}", flow.topic, messages.join(", "));
}
