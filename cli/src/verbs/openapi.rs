//! `mall openapi`: the REST API as an OpenAPI document.

use std::{io::Write, process::ExitCode};

use super::Outcome;

pub(crate) fn print() -> Outcome {
    let text = serde_json::to_string_pretty(&mall_cli::openapi::document())?;
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(ExitCode::SUCCESS)
}
