//! The published language of the fleet: what its services say to people, to each other, and where.
//!
//! Everything is generated from `/proto` when this crate is built. `mall_proto::<context>::v1` holds a context's
//! messages and its gRPC client and server, [`topology`] who tells what to whom.

pub mod topology;

/// All declarations with their HTTP rules and imports: for gRPC reflection and for the gateway's transcoder.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/fleet.bin"));

/// The same with every comment of `/proto`: for documents made from it. No service needs it at run time.
pub const DOCUMENTED_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/documented.bin"));

pub use generated::google;
pub use generated::mallbots::{baskets, customers, depot, ordering, payments, saga, search, stores};

#[allow(
    clippy::all,
    clippy::large_futures,
    clippy::needless_pass_by_value,
    clippy::redundant_clone,
    clippy::too_many_lines,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "not written by us"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/fleet.rs"));
}
