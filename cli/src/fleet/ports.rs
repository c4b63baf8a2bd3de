//! The ports of a fleet: known ones from a base, or free ones.

use std::collections::BTreeMap;

use mall_proto::topology::SERVICES;

use crate::servers::{Error, ports};

/// One gRPC and one HTTP port for each service, two for the gateway.
#[derive(Clone, Debug)]
pub struct Ports {
    services: BTreeMap<&'static str, (u16, u16)>,
    gateway: u16,
    gateway_admin: u16,
}

impl Ports {
    /// Counted from a base (8000 as a rule): the gateway 80 and 81, the i-th service 100 + i (gRPC) and 200 + i (HTTP).
    pub fn based(base: u16) -> Self {
        let mut names: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
        names.sort_unstable();
        let services = (0..).zip(names).map(|(i, name)| (name, (base + 100 + i, base + 200 + i))).collect();
        Self { services, gateway: base + 80, gateway_admin: base + 81 }
    }

    /// Ports that nobody listens on.
    pub fn free() -> Result<Self, Error> {
        let free = || ports::free().map_err(|error| Error::Unusable(error.to_string()));
        let mut services = BTreeMap::new();
        for service in SERVICES {
            services.insert(service.name, (free()?, free()?));
        }
        Ok(Self { services, gateway: free()?, gateway_admin: free()? })
    }

    pub fn grpc(&self, service: &str) -> u16 {
        self.of(service).0
    }

    pub fn http(&self, service: &str) -> u16 {
        self.of(service).1
    }

    pub fn gateway(&self) -> u16 {
        self.gateway
    }

    pub fn gateway_admin(&self) -> u16 {
        self.gateway_admin
    }

    fn of(&self, service: &str) -> (u16, u16) {
        *self.services.get(service).expect("there are nine services, and their names are in /proto/topology.yaml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ports_follow_the_alphabet() {
        let ports = Ports::based(8000);
        assert_eq!((ports.grpc("baskets"), ports.http("baskets")), (8100, 8200));
        assert_eq!((ports.grpc("ordering"), ports.http("ordering")), (8105, 8205));
        assert_eq!((ports.grpc("stores"), ports.http("stores")), (8108, 8208));
        assert_eq!((ports.gateway(), ports.gateway_admin()), (8080, 8081));
    }
}
