//! What must hold between the declarations, the topology and the gateway's routes.

mod http;
mod topology;
