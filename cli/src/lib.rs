//! Everything that starts MallBots on one machine: its servers, its nine services, its gateway; and the verbs of `mall`.

pub mod servers;
