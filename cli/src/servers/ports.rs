//! TCP ports on loopback: free ones for tests, and a check of fixed ones before anything is started.

use std::{
    collections::HashSet,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{LazyLock, Mutex},
};

/// Ports that something else already listens on, each with the part of ours that wanted it.
#[derive(Debug, thiserror::Error)]
#[error("these ports are taken: {}; set MALL_PORT_BASE (default 8000) to move all", list(.0))]
pub struct Taken(pub Vec<(u16, String)>);

fn list(taken: &[(u16, String)]) -> String {
    taken.iter().map(|(port, part)| format!("{port} ({part})")).collect::<Vec<_>>().join(", ")
}

/// An address on loopback.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A port that nobody listens on now, and that this process has not been given before.
///
/// The kernel may still hand it to somebody else before it is used; ports below its ephemeral range are never handed out
/// unasked, so those are tried.
pub fn free() -> io::Result<u16> {
    static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
    let mut given = GIVEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for attempt in 0..2_000_u64 {
        let port = candidate(attempt);
        if given.contains(&port) || !is_free(port) {
            continue;
        }
        given.insert(port);
        return Ok(port);
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no free port between 10000 and 32000"))
}

/// Spreads processes over the range, so that two that start together seldom ask for the same port.
fn candidate(attempt: u64) -> u16 {
    let seed = u64::from(std::process::id()).wrapping_mul(7_919).wrapping_add(attempt.wrapping_mul(31));
    10_000 + u16::try_from(seed % 22_000).expect("a remainder of 22,000 fits")
}

/// Whether nobody listens on this port of loopback.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(loopback(port)).is_ok()
}

/// Fails with every port of the list that is taken.
pub fn check(wanted: impl IntoIterator<Item = (u16, String)>) -> Result<(), Taken> {
    let taken: Vec<_> = wanted.into_iter().filter(|(port, _)| !is_free(*port)).collect();
    match taken.is_empty() {
        true => Ok(()),
        false => Err(Taken(taken)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once() {
        let first = free().expect("a machine has free ports");
        let second = free().expect("a machine has free ports");
        assert_ne!(first, second);
    }

    #[test]
    fn a_taken_port_is_named_with_its_part() {
        let port = free().expect("a machine has free ports");
        let _listener = TcpListener::bind(loopback(port)).expect("the port is free");
        let error = check([(port, "kafka".to_owned())]).expect_err("the port is taken");
        assert_eq!(
            error.to_string(),
            format!("these ports are taken: {port} (kafka); set MALL_PORT_BASE (default 8000) to move all")
        );
    }
}
