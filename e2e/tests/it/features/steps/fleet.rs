//! The sentences about services that do not work, or are not heard, and about what the saga does meanwhile.

use cucumber::{given, then, when};

use super::baskets::checks_out_the_basket;
use crate::features::Journey;

#[given(regex = r"^(\w+) does not work$")]
async fn does_not_work(journey: &mut Journey, service: String) {
    // What it has said before has been heard: nobody who works needs an answer of a service that is paused.
    journey.ledger.see_heard(&service).await;
    journey.pause(&service).await;
}

#[when(regex = r"^(\w+) works again$")]
async fn works_again(journey: &mut Journey, service: String) {
    journey.resume(&service).await;
}

#[given(regex = r"^the news of (\w+) do not arrive$")]
async fn news_do_not_arrive(journey: &mut Journey, service: String) {
    let silence = journey.ledger.silence(&service).await;
    journey.silenced.insert(service, silence);
}

#[when(regex = r"^the news of (\w+) arrive$")]
async fn news_arrive(journey: &mut Journey, service: String) {
    journey.silenced.remove(&service).expect("its news did not arrive");
}

#[given(regex = r"^everybody has heard from (\w+)$")]
#[when(regex = r"^everybody has heard from (\w+)$")]
async fn everybody_has_heard(journey: &mut Journey, service: String) {
    journey.ledger.see_heard(&service).await;
}

/// Depot has the command to begin, but has not answered it.
#[given("depot stops as soon as the payment is confirmed")]
async fn depot_stops_after_the_payment(journey: &mut Journey) {
    does_not_work(journey, "payments".to_owned()).await;
    checks_out_the_basket(journey).await;
    journey.ledger.see_step(&journey.order, 3).await;
    journey.pause("depot").await;
    journey.resume("payments").await;
    journey.ledger.see_step(&journey.order, 4).await;
}

/// So nobody is asked to approve.
#[given("cosec stops right after it has asked for the shopping to begin")]
async fn cosec_stops_before_the_approval(journey: &mut Journey) {
    depot_stops_after_the_payment(journey).await;
    journey.pause("cosec").await;
    journey.resume("depot").await;
}

#[given(regex = r"^the saga has sent step (\d)$")]
async fn has_sent_step(journey: &mut Journey, number: i16) {
    journey.ledger.see_step(&journey.order, number).await;
}

async fn see_saga(journey: &Journey, status: &str, step: Option<i16>) {
    mall_testkit::eventually(&format!("the saga is {status} at {step:?}"), async || {
        let saga = journey.ledger.saga(&journey.order).await;
        saga.filter(|(found, at)| found == status && step.is_none_or(|step| *at == step))
    })
    .await;
}

#[when(regex = r"^the saga comes to step (\d)$")]
async fn comes_to_step(journey: &mut Journey, number: i16) {
    see_saga(journey, "running", Some(number)).await;
}

#[when("the saga turns back")]
async fn turns_back(journey: &mut Journey) {
    see_saga(journey, "compensating", None).await;
}

#[then("its creation was taken back")]
async fn taken_back(journey: &mut Journey) {
    see_saga(journey, "compensated", None).await;
}
