//! What every binary has: configuration, telemetry, health, a gRPC server, and an orderly start and end.

mod config;
mod edge;
mod forgetting;
mod http;
mod layer;
pub mod page;
mod peer;
mod replies;
mod run;
mod sampler;
mod server;
mod service;
mod status;
mod telemetry;
pub mod wire;

pub use config::{Config, ConfigError};
pub use edge::Edge;
pub use peer::{Peer, peer, peer_away};
pub use replies::reply_codec;
pub use run::run;
pub use server::{Running, StartError, migrate_only as migrate, start};
pub use service::{Service, Stop};
pub use status::{answer, status};

pub use mall_messaging::{Consumer, Handle, Received};
