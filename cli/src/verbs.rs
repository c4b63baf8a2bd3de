//! What `mall` can be told to do, one file each.

pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod down;
pub(crate) mod gateway;
pub(crate) mod load;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod seed;
pub(crate) mod status;
pub(crate) mod topology;
pub(crate) mod up;
pub(crate) mod with_servers;

use std::{error::Error, process::ExitCode};

pub(crate) type Failed = Box<dyn Error + Send + Sync>;
pub(crate) type Outcome = Result<ExitCode, Failed>;
