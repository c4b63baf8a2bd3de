//! `mall topics` and `mall topology`: what `/proto/topology.yaml` declares, made and shown.

use std::{io::Write, process::ExitCode};

use mall_cli::servers::create_topics;
use mall_proto::topology::{Flow, SERVICES, ServiceTopology, TOPICS, Topic};
use serde_json::{Value, json};

use super::Outcome;
use crate::checkout::Checkout;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub(crate) async fn make_topics(checkout: &Checkout, bootstrap: Option<String>) -> Outcome {
    let bootstrap = bootstrap.unwrap_or_else(|| checkout.kafka().bootstrap());
    create_topics(&bootstrap, TOPICS).await?;
    println!("  {} topics are on {bootstrap}", TOPICS.len());
    Ok(ExitCode::SUCCESS)
}

/// How the topology is printed.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

pub(crate) fn print(format: Format) -> ExitCode {
    let text = match format {
        Format::Text => as_text(),
        Format::Json => format!("{:#}\n", as_json()),
    };
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn as_json() -> Value {
    let topic = |topic: &Topic| {
        let Topic { name, owner, partitions, retention_ms } = topic;
        json!({"name": name, "owner": owner, "partitions": partitions, "retentionMs": retention_ms})
    };
    let flows = |flows: &[Flow]| -> Vec<Value> {
        flows.iter().map(|flow| json!({"topic": flow.topic, "messages": flow.messages})).collect()
    };
    let service = |service: &ServiceTopology| {
        let ServiceTopology { name, publishes, consumes, calls } = service;
        json!({"name": name, "publishes": flows(publishes), "consumes": flows(consumes), "calls": calls})
    };
    let topics: Vec<Value> = TOPICS.iter().map(topic).collect();
    json!({"topics": topics, "services": SERVICES.iter().map(service).collect::<Vec<_>>()})
}

fn as_text() -> String {
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
    text
}

fn line(verb: &str, flow: &Flow) -> String {
    let short = |message: &&'static str| message.rsplit('.').next().unwrap_or_default();
    let messages: Vec<&str> = flow.messages.iter().map(short).collect();
    format!("  {verb:<10} {:<20} {}\n", flow.topic, messages.join(", "))
}
