//! What each reply does to a saga, delivered by hand.

use mall_messaging::{Answer, Engine};
use mall_persistence::{Context, SagaStatus};
use mall_testkit::Post;
use uuid::Uuid;

use crate::{NAME, Owner, Sent, refused};

struct Desk {
    owner: Owner,
    engine: Engine,
    post: Post,
}

impl Desk {
    async fn open() -> Self {
        let owner = Owner::open("toy.replies").await;
        let engine = Engine::new(owner.database.clone(), owner.routes(), mall_service::reply_codec());
        Self { owner, engine, post: Post::default() }
    }

    async fn answer(&mut self, command: &Sent, answer: &Answer) {
        let reply = self.post.next(&command.reply(answer), "participant", 0);
        let handled = self.engine.handle(vec![reply]).await;
        assert!(handled.held.is_empty(), "{handled:?}");
    }

    async fn answer_last(&mut self, answer: &Answer) {
        let last = self.owner.sent().await.pop().expect("a command was sent");
        self.answer(&last, answer).await;
    }

    /// Answers `Done` until the saga has ended.
    async fn finish(&mut self, id: Uuid) -> SagaStatus {
        for _ in 0..10 {
            let status = self.owner.status(id).await;
            if status.is_ended() {
                return status;
            }
            self.answer_last(&Answer::Done).await;
        }
        panic!("the saga does not end");
    }
}

#[tokio::test]
async fn a_saga_goes_through_its_steps_and_completes() {
    let mut desk = Desk::open().await;
    let id = desk.owner.start().await;
    assert_eq!(desk.finish(id).await, SagaStatus::Completed);
    assert_eq!(desk.owner.what_was_sent().await, ["do 1", "do 2", "do 3", "do 4"]);
}

#[tokio::test]
async fn starting_again_changes_nothing() {
    let desk = Desk::open().await;
    let id = desk.owner.start().await;
    let mut work = desk.owner.database.begin(Context::begin());
    desk.owner.sagas.start(&mut work, NAME, id, &id).await.expect("nothing to do");
    work.commit().await.expect("nothing to write");
    assert_eq!(desk.owner.what_was_sent().await, ["do 1"]);
}

/// The step in hand is always undone too, refused or unknown.
#[tokio::test]
async fn a_refused_pivot_is_undone_with_everything_before_it() {
    let mut desk = Desk::open().await;
    let id = desk.owner.start().await;
    desk.answer_last(&Answer::Done).await;
    desk.answer_last(&Answer::Done).await;
    desk.answer_last(&refused()).await;
    assert_eq!(desk.finish(id).await, SagaStatus::Compensated);
    assert_eq!(desk.owner.what_was_sent().await, ["do 1", "do 2", "do 3", "undo 3", "undo 2", "undo 0"]);
}

#[tokio::test]
async fn a_refusal_after_the_pivot_turns_the_saga_back() {
    let mut desk = Desk::open().await;
    let id = desk.owner.start().await;
    for _ in 0..3 {
        desk.answer_last(&Answer::Done).await;
    }
    desk.answer_last(&refused()).await;
    assert_eq!(desk.finish(id).await, SagaStatus::Compensated);
    assert_eq!(desk.owner.what_was_sent().await[4..], ["undo 3", "undo 2", "undo 0"]);
}

/// A cancel begins with the undo of the step in hand, whose outcome is unknown; a late answer to that step is ignored.
#[tokio::test]
async fn a_canceled_saga_undoes_the_step_in_hand_and_ignores_its_late_success() {
    let mut desk = Desk::open().await;
    let id = desk.owner.start().await;
    desk.answer_last(&Answer::Done).await;
    let in_hand = desk.owner.sent().await.pop().expect("the second step");
    for _ in 0..2 {
        let mut work = desk.owner.database.begin(Context::begin());
        desk.owner.sagas.turn_back(&mut work, NAME, id, "canceled".into()).await.expect("turned back, once");
        work.commit().await.expect("committed");
    }
    desk.answer(&in_hand, &Answer::Done).await;
    assert_eq!(desk.owner.what_was_sent().await, ["do 1", "do 2", "undo 2"]);
    assert_eq!(desk.finish(id).await, SagaStatus::Compensated);
}

#[tokio::test]
async fn an_answer_counts_once_and_only_for_the_command_in_hand() {
    let mut desk = Desk::open().await;
    desk.owner.start().await;
    let first = desk.owner.sent().await.pop().expect("the first step");
    desk.answer(&first, &Answer::Done).await;
    desk.answer(&first, &Answer::Done).await;
    desk.answer(&first, &refused()).await;
    assert_eq!(desk.owner.what_was_sent().await, ["do 1", "do 2"]);
}

/// Ignoring a late success of the first sending would cancel good orders.
#[tokio::test]
async fn a_late_success_of_attempt_1_counts_after_a_resend() {
    let mut desk = Desk::open().await;
    let id = desk.owner.start().await;
    let first = desk.owner.sent().await.pop().expect("the first step");
    mall_persistence::sqlx::query("update sagas set attempts = 3")
        .execute(desk.owner.database.pool())
        .await
        .expect("as after resends");
    desk.answer(&first, &Answer::Done).await;
    assert_eq!(desk.owner.what_was_sent().await, ["do 1", "do 2"]);
    assert_eq!(desk.finish(id).await, SagaStatus::Completed);
}

#[tokio::test]
async fn an_undo_that_is_refused_is_not_given_up() {
    let mut desk = Desk::open().await;
    let id = desk.owner.start().await;
    desk.answer_last(&refused()).await;
    desk.answer_last(&refused()).await;
    assert_eq!(desk.owner.status(id).await, SagaStatus::Compensating);
    assert_eq!(desk.finish(id).await, SagaStatus::Compensated);
}

/// Two owners at one saga: compare-and-set lets one win, nothing of the other is written.
#[tokio::test]
async fn a_saga_moves_by_compare_and_set() {
    let desk = Desk::open().await;
    let id = desk.owner.start().await;
    let mut works = Vec::new();
    for _ in 0..2 {
        let mut work = desk.owner.database.begin(Context::begin());
        desk.owner.sagas.turn_back(&mut work, NAME, id, "canceled".into()).await.expect("turned back");
        works.push(work);
    }
    let mut won = 0;
    for work in works {
        won += u8::from(work.commit().await.is_ok());
    }
    assert_eq!(won, 1);
    assert_eq!(desk.owner.what_was_sent().await, ["do 1", "undo 0"]);
}
