//! Texts are tried until the provider takes them, always under the same id, and given up after a day.

use std::sync::Mutex;

use mall_domain::{OffsetDateTime, Uuid};
use mall_persistence::sqlx::migrate::Migrator;
use mall_persistence::{Context, Error};
use notifications::app::Notifications;
use notifications::domain::{CustomerId, News, OrderId};
use notifications::projections::customers::{Customers, NumberHeard};
use notifications::projections::texts::Texts;
use notifications::provider::{Provider, Sms};
use notifications::sending::send_due;
use time::Duration;

use crate::*;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Takes texts, or does not.
struct FakeProvider {
    takes: bool,
    tried: Mutex<Vec<Sms>>,
}

impl FakeProvider {
    fn new(takes: bool) -> Self {
        Self { takes, tried: Mutex::default() }
    }

    fn tried(&self) -> Vec<Sms> {
        self.tried.lock().expect("nobody panicked").clone()
    }
}

impl Provider for FakeProvider {
    async fn send(&self, sms: &Sms) -> Result<(), Error> {
        self.tried.lock().expect("nobody panicked").push(sms.clone());
        if self.takes { Ok(()) } else { Err(Error::PeerAway { peer: "the provider", cause: "a strike".to_owned() }) }
    }
}

/// A database without the service, so that nobody else sends; with one text, due at the time that is given.
async fn with_text() -> (Database, OffsetDateTime) {
    let database = mall_testkit::database("notifications", &MIGRATIONS).await;
    let database = database.with_projection(Texts).with_projection(Customers);
    let mut work = database.begin(Context::begin());
    let order = OrderId::parse(ORDER).expect("an id");
    work.project(News::Completed.text(Uuid::now_v7(), order, ada()));
    work.commit().await.expect("the database answers");
    let now = database.begin(Context::begin()).now() + Duration::minutes(1);
    (database, now)
}

async fn hear_number(database: &Database) {
    let mut work = database.begin(Context::begin());
    work.project(NumberHeard { customer: ada(), version: 1, number: NUMBER.to_owned() });
    work.commit().await.expect("the database answers");
}

fn ada() -> CustomerId {
    CustomerId::parse(ADA).expect("an id")
}

fn state(kind: &str, state: &str, attempts: i32) -> Vec<(String, String, i32)> {
    vec![(kind.to_owned(), state.to_owned(), attempts)]
}

#[tokio::test]
async fn a_text_that_was_not_taken_is_tried_again_under_the_same_id() {
    let (database, now) = with_text().await;
    hear_number(&database).await;
    let strike = FakeProvider::new(false);
    assert_eq!(send_due(&database, &strike, now).await.expect("the database answers"), 1);
    assert_eq!(texts(&database).await, state("completed", "waiting", 1));
    let soon = now + Duration::seconds(1);
    assert_eq!(send_due(&database, &strike, soon).await.expect("the database answers"), 0, "it waits for 2 s");

    let works = FakeProvider::new(true);
    let later = now + Duration::seconds(2);
    assert_eq!(send_due(&database, &works, later).await.expect("the database answers"), 1);
    assert_eq!(strike.tried(), works.tried());
    assert_eq!(works.tried().first().map(|sms| sms.number.as_str()), Some(NUMBER));
    assert_eq!(texts(&database).await, state("completed", "sent", 2));
    let much_later = now + Duration::days(2);
    assert_eq!(send_due(&database, &works, much_later).await.expect("the database answers"), 0, "it is sent");
}

#[tokio::test]
async fn a_text_waits_for_its_customer_s_number() {
    let (database, now) = with_text().await;
    let provider = FakeProvider::new(true);
    assert_eq!(send_due(&database, &provider, now).await.expect("the database answers"), 1);
    assert_eq!(provider.tried(), []);
    hear_number(&database).await;
    assert_eq!(send_due(&database, &provider, now + Duration::seconds(2)).await.expect("the database answers"), 1);
    assert_eq!(provider.tried().len(), 1);
}

#[tokio::test]
async fn a_text_is_given_up_after_a_day_and_listed() {
    let (database, mut now) = with_text().await;
    hear_number(&database).await;
    let strike = FakeProvider::new(false);
    let mut attempts = 0;
    loop {
        let tried = send_due(&database, &strike, now).await.expect("the database answers");
        if tried == 0 {
            break;
        }
        attempts += 1;
        now += Duration::hours(1);
    }
    assert_eq!(attempts, 36);
    assert_eq!(texts(&database).await, state("completed", "given-up", 36));
    let listed: Vec<(String, String)> = sqlx::query_as("select kind, fault from texts_given_up")
        .fetch_all(database.pool())
        .await
        .expect("it can be read");
    assert_eq!(listed, [("completed".to_owned(), "the provider is away: a strike".to_owned())]);
}

#[tokio::test]
async fn old_news_is_listed_and_not_sent() {
    let database = mall_testkit::database("notifications", &MIGRATIONS).await.with_projection(Texts);
    let mut work = database.begin(Context::begin());
    let now = work.now();
    let order = OrderId::parse(ORDER).expect("an id");
    Notifications.tell(&mut work, order, ada(), &News::Completed, now - Duration::hours(25));
    work.commit().await.expect("the database answers");

    assert_eq!(texts(&database).await, state("completed", "given-up", 0));
    let provider = FakeProvider::new(true);
    assert_eq!(send_due(&database, &provider, now + Duration::hours(1)).await.expect("the database answers"), 0);
}

#[tokio::test]
async fn a_text_is_claimed_by_one_sender() {
    let (database, now) = with_text().await;
    let claimed = notifications::projections::texts::claim(&database, now).await.expect("the database answers");
    assert_eq!(claimed.len(), 1);
    let provider = FakeProvider::new(true);
    assert_eq!(send_due(&database, &provider, now).await.expect("the database answers"), 0);
    // The one who claimed it has died meanwhile.
    let later = now + Duration::minutes(1);
    assert_eq!(send_due(&database, &provider, later).await.expect("the database answers"), 1);
}
