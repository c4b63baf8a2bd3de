//! How visits went, for people and for programs.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::{mix::Kind, visits::Ended};

/// Microseconds of a visit at most, as counted.
const LONGEST: u64 = 600_000_000;

/// See the module.
#[derive(Default)]
pub(crate) struct Report {
    kinds: BTreeMap<Kind, Visits>,
    first_failure: Option<String>,
    /// How far the generator itself was behind at worst.
    pub(super) late: Duration,
}

/// Visits of one kind.
struct Visits {
    served: u64,
    nothing: u64,
    refused: u64,
    failed: u64,
    /// Of those that did something, in microseconds from when they were due.
    times: Histogram<u64>,
}

impl Default for Visits {
    fn default() -> Self {
        let times = Histogram::new_with_bounds(1, LONGEST, 3).expect("three digits are few enough");
        Self { served: 0, nothing: 0, refused: 0, failed: 0, times }
    }
}

impl Report {
    pub(super) fn note(&mut self, (kind, ended, took): (Kind, Ended, Duration)) {
        let visits = self.kinds.entry(kind).or_default();
        match ended {
            Ended::Nothing => {
                visits.nothing += 1;
                return;
            }
            Ended::Served => visits.served += 1,
            Ended::Refused => visits.refused += 1,
            Ended::Failed(error) => {
                visits.failed += 1;
                self.first_failure.get_or_insert_with(|| format!("{}: {error}", kind.name()));
            }
        }
        visits.times.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Visits that got no answer, or one that is the mall's fault.
    pub(crate) fn failed(&self) -> u64 {
        self.kinds.values().map(|visits| visits.failed).sum()
    }

    /// One line about how it goes.
    pub(super) fn tell(&self, after: Duration) {
        let served: u64 = self.kinds.values().map(|visits| visits.served).sum();
        println!("{:>5} s  {served} served, {} failed", after.as_secs(), self.failed());
    }

    pub(crate) fn print(&self) {
        println!(
            "\n{:<10}{:>8}{:>9}{:>9}{:>8}{:>10}{:>10}{:>10}{:>10}",
            "VISIT", "served", "nothing", "refused", "failed", "p50 ms", "p90 ms", "p99 ms", "highest"
        );
        for (kind, visits) in &self.kinds {
            let [p50, p90, p99, highest] = [0.5, 0.9, 0.99, 1.0].map(|quantile| visits.milliseconds(quantile));
            println!(
                "{:<10}{:>8}{:>9}{:>9}{:>8}{p50:>10.1}{p90:>10.1}{p99:>10.1}{highest:>10.1}",
                kind.name(),
                visits.served,
                visits.nothing,
                visits.refused,
                visits.failed
            );
        }
        if let Some(failure) = &self.first_failure {
            println!("the first failure: {failure}");
        }
        if self.late > Duration::from_millis(250) {
            println!("the generator itself was up to {:.1} s late", self.late.as_secs_f64());
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let kinds = self.kinds.iter().map(|(kind, visits)| (kind.name().to_owned(), visits.to_json()));
        json!({
            "visits": kinds.collect::<serde_json::Map<_, _>>(),
            "first_failure": self.first_failure,
            "generator_late_s": self.late.as_secs_f64(),
        })
    }
}

impl Visits {
    fn milliseconds(&self, quantile: f64) -> f64 {
        self.times.value_at_quantile(quantile) as f64 / 1_000.0
    }

    fn to_json(&self) -> Value {
        json!({
            "served": self.served, "nothing": self.nothing, "refused": self.refused, "failed": self.failed,
            "p50_ms": self.milliseconds(0.5), "p90_ms": self.milliseconds(0.9), "p99_ms": self.milliseconds(0.99),
            "highest_ms": self.milliseconds(1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_nothing_has_no_time() {
        let mut report = Report::default();
        let refused = mall_cli::rest::RestError::Unexpected("no answer".to_owned());
        for ended in [Ended::Served, Ended::Nothing, Ended::Refused, Ended::Failed(refused)] {
            report.note((Kind::Pay, ended, Duration::from_millis(10)));
        }
        assert_eq!(report.failed(), 1);
        let pay = &report.to_json()["visits"]["pay"];
        assert_eq!(
            (pay["served"].as_u64(), pay["nothing"].as_u64(), pay["refused"].as_u64()),
            (Some(1), Some(1), Some(1))
        );
        assert_eq!(report.kinds[&Kind::Pay].times.len(), 3);
        assert_eq!(report.to_json()["first_failure"], "pay: no answer");
    }
}
