//! Makes Rust of `/proto`: messages, clients and servers, the descriptor set, and the topology as constants.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[allow(clippy::disallowed_methods, reason = "cargo talks to build scripts by environment variables")]
fn main() -> Outcome<()> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    collect_protos(&root, &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).open_files(&files)?;
    // Encoded by protox, not by prost, which would drop the HTTP rules: it knows no extensions.
    fs::write(out.join("fleet.bin"), compiler.encode_file_descriptor_set())?;

    let mut config = prost_build::Config::new();
    config.enable_type_names().include_file("fleet.rs");
    // With the comments this time.
    compiler.include_source_info(true);
    fs::write(out.join("documented.bin"), compiler.encode_file_descriptor_set())?;
    let descriptors = compiler.file_descriptor_set();
    tonic_prost_build::configure().compile_fds_with_config(descriptors, config)?;

    let topology = fs::read_to_string(root.join("topology.yaml"))?;
    let topology: Topology = serde_yaml_ng::from_str(&topology)?;
    fs::write(out.join("topology.rs"), topology.to_rust()?)?;
    Ok(())
}

fn collect_protos(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_protos(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topology {
    topics: Vec<Topic>,
    services: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    name: String,
    owner: String,
    partitions: i32,
    retention: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    name: String,
    #[serde(default)]
    publishes: Vec<Flow>,
    #[serde(default)]
    consumes: Vec<Flow>,
    #[serde(default)]
    calls: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flow {
    topic: String,
    messages: Vec<String>,
}

impl Topology {
    /// Names are written with `{:?}`: what YAML allows in a name is then still one Rust literal.
    fn to_rust(&self) -> Outcome<String> {
        let mut rust = String::from("/// Every topic of the fleet.\npub const TOPICS: &[Topic] = &[\n");
        for Topic { name, owner, partitions, retention } in &self.topics {
            let retention = milliseconds(retention)?;
            writeln!(
                rust,
                "Topic {{ name: {name:?}, owner: {owner:?}, partitions: {partitions}, retention_ms: {retention:?} }},"
            )?;
        }
        rust.push_str("];\n\n/// Every service of the fleet.\npub const SERVICES: &[ServiceTopology] = &[\n");
        for Service { name, publishes, consumes, calls } in &self.services {
            let (publishes, consumes) = (flows(publishes), flows(consumes));
            writeln!(
                rust,
                "ServiceTopology {{ name: {name:?}, publishes: &[{publishes}], consumes: &[{consumes}], calls: &{calls:?} }},"
            )?;
        }
        rust.push_str("];\n");
        Ok(rust)
    }
}

fn flows(flows: &[Flow]) -> String {
    flows.iter().map(Flow::to_rust).collect()
}

impl Flow {
    fn to_rust(&self) -> String {
        let context = match self.topic.as_str() {
            "cosec.replies" => "saga",
            topic => topic.split('.').next().unwrap_or(topic),
        };
        let names: Vec<String> = self.messages.iter().map(|name| format!("mallbots.{context}.v1.{name}")).collect();
        format!("Flow {{ topic: {:?}, messages: &{names:?} }}, ", self.topic)
    }
}

/// `forever` is `None`, `7d` is seven days.
fn milliseconds(retention: &str) -> Outcome<Option<i64>> {
    if retention == "forever" {
        return Ok(None);
    }
    let days: i64 = retention.strip_suffix('d').ok_or("a retention is `forever` or days, as in `7d`")?.parse()?;
    Ok(Some(days * 24 * 60 * 60 * 1000))
}
