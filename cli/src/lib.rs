//! Everything that starts MallBots on one machine: its servers, its nine services, its gateway, and a client of its API.

pub mod declared;
pub mod fleet;
pub mod openapi;
pub mod rest;
pub mod servers;

pub use fleet::{Fleet, FleetOptions, Ports};
pub use servers::Error;
