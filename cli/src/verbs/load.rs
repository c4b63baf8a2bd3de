//! `mall load`: the load, its report and its exit code.

use std::{fs, process::ExitCode};

use mall_cli::rest::Rest;

use super::Outcome;
use crate::{
    checkout::Checkout,
    load::{self, Options},
};

pub(crate) async fn run(checkout: &Checkout, options: Options) -> Outcome {
    if !(options.rate > 0.0 && options.rate <= 100_000.0) {
        return Err("--rate must be above 0 and at most 100000".into());
    }
    let gateway = options.gateway.clone().unwrap_or_else(|| checkout.gateway_url());
    println!("{} visits/s for {} s at {gateway}: {}", options.rate, options.seconds, options.mix);
    let report = load::run(Rest::new(gateway), &options).await?;
    report.print();
    if let Some(file) = &options.json {
        fs::write(file, format!("{:#}\n", report.to_json()))?;
    }
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
