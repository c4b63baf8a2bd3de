//! The features of `/e2e/features`, over REST through Envoy on the real fleet.

mod steps;

use std::{collections::BTreeMap, path::Path, sync::LazyLock, time::Duration};

use cucumber::{World, writer::Stats};
use tokio::sync::{Mutex, MutexGuard};

use crate::mall::{Ledger, Mall, People, Silence, assert_money_adds_up, shared, turn};

/// The mall that the steps work in; there as long as the features run.
static STAGE: LazyLock<Mutex<Option<MutexGuard<'static, Mall>>>> = LazyLock::new(Mutex::default);

/// One scenario: who and what it is about.
#[derive(Debug, World)]
#[world(init = Self::enter)]
struct Journey {
    people: People,
    ledger: Ledger,
    customer: String,
    payment: String,
    /// Ids by name.
    stores: BTreeMap<String, String>,
    products: BTreeMap<String, String>,
    basket: String,
    order: String,
    /// What each checkout answered.
    answers: Vec<String>,
    /// Whose news do not arrive; when the scenario ends, they do.
    silenced: BTreeMap<String, Silence>,
}

impl Journey {
    async fn enter() -> Self {
        let stage = STAGE.lock().await;
        let mall = stage.as_ref().expect("the features run in a mall");
        Self {
            people: mall.people(),
            ledger: mall.ledger(),
            customer: String::new(),
            payment: String::new(),
            stores: BTreeMap::new(),
            products: BTreeMap::new(),
            basket: String::new(),
            order: String::new(),
            answers: Vec::new(),
            silenced: BTreeMap::new(),
        }
    }

    async fn pause(&self, service: &str) {
        STAGE.lock().await.as_mut().expect("the features run in a mall").fleet.pause(service);
    }

    async fn resume(&self, service: &str) {
        STAGE.lock().await.as_mut().expect("the features run in a mall").fleet.resume(service);
    }
}

/// A scenario that failed may have left somebody paused.
async fn resume_all() {
    if let Some(mall) = STAGE.lock().await.as_mut() {
        crate::mall::SERVICES.iter().for_each(|service| mall.fleet.resume(service));
    }
}

#[tokio::test]
async fn every_feature_holds() {
    let _turn = turn().await;
    *STAGE.lock().await = Some(shared().await);
    let features = Path::new(env!("CARGO_MANIFEST_DIR")).join("features");
    let outcome = Journey::cucumber()
        .with_default_cli()
        // They pause services that others need.
        .max_concurrent_scenarios(1)
        .after(|_, _, _, _, _| Box::pin(resume_all()))
        .fail_on_skipped()
        .run(features)
        .await;
    let mall = STAGE.lock().await.take().expect("the features run in a mall");
    assert!(!outcome.execution_has_failed(), "a feature does not hold; it is told above");
    assert_eq!(outcome.skipped_steps(), 0, "a step has no meaning");
    assert!(outcome.passed_steps() > 200, "only {} steps were run", outcome.passed_steps());
    mall.ledger().see_quiet(Duration::from_secs(60)).await;
    assert_money_adds_up(&mall.ledger()).await;
}
