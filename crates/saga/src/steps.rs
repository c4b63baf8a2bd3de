//! How a saga moves: pure steps on its stored row, each saying which command goes out next.

use mall_persistence::{CommandIdentity, Direction, Outgoing, SagaRow, SagaStatus};

/// A definition whose data type is known only to itself.
pub(crate) trait AnySaga: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> i16;
    fn step_name(&self, step: i16) -> &'static str;
    fn last_step(&self) -> i16;
    fn pivot(&self) -> i16;
    fn has_undo(&self, step: i16) -> bool;
    /// The command that the row has in hand.
    fn command(&self, row: &SagaRow) -> Result<Outgoing, String>;
}

/// Which way the row is going.
pub(crate) fn direction(row: &SagaRow) -> Direction {
    match row.status {
        SagaStatus::Running | SagaStatus::Completed => Direction::Do,
        SagaStatus::Compensating | SagaStatus::Compensated => Direction::Undo,
    }
}

/// The identity of the command in hand.
pub(crate) fn in_hand(row: &SagaRow) -> CommandIdentity {
    CommandIdentity {
        saga: row.name.to_owned(),
        saga_id: row.id,
        step: row.step,
        direction: direction(row),
        round: row.round,
    }
}

/// The step in hand was done (or undone): on to the next one, or the end.
pub(crate) fn advance(saga: &dyn AnySaga, row: SagaRow) -> SagaRow {
    match row.status {
        SagaStatus::Running if row.step < saga.last_step() => {
            let step = row.step + 1;
            at_step(row, step)
        }
        SagaStatus::Running => end(row, SagaStatus::Completed),
        SagaStatus::Compensating if row.step == 0 => end(row, SagaStatus::Compensated),
        SagaStatus::Compensating => {
            let below = row.step - 1;
            undo_from(saga, row, below)
        }
        SagaStatus::Completed | SagaStatus::Compensated => row,
    }
}

/// Turns the saga back. The step in hand is undone too, refused or unknown: an undo with nothing to undo succeeds.
pub(crate) fn turn_back(saga: &dyn AnySaga, row: SagaRow, cause: String) -> SagaRow {
    let step = row.step;
    let row = SagaRow { status: SagaStatus::Compensating, cause: Some(cause), ..row };
    undo_from(saga, row, step)
}

/// The next undo at or below `step`; step 0 is the final one.
fn undo_from(saga: &dyn AnySaga, row: SagaRow, step: i16) -> SagaRow {
    match (0..=step).rev().find(|step| saga.has_undo(*step)) {
        Some(step) => at_step(row, step),
        None => end(row, SagaStatus::Compensated),
    }
}

fn at_step(row: SagaRow, step: i16) -> SagaRow {
    SagaRow { step, round: 0, attempts: 0, command_id: None, clock_at: None, next_at: None, fence: None, ..row }
}

fn end(row: SagaRow, status: SagaStatus) -> SagaRow {
    SagaRow { status, command_id: None, clock_at: None, next_at: None, fence: None, ..row }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Saga;
    use time::OffsetDateTime;
    use uuid::Uuid;

    fn outgoing(name: &str) -> Outgoing {
        Outgoing {
            topic: "t.commands".into(),
            key: "k".into(),
            message_type: name.into(),
            payload: vec![],
            subject: String::new(),
            headers: vec![],
        }
    }

    fn order() -> Saga<()> {
        Saga::new("test.Order", 1)
            .finally_undo("reject", |(), cause| outgoing(&format!("Reject: {cause}")))
            .step("authorize", |()| outgoing("Authorize"))
            .step("list", |()| outgoing("List"))
            .undo(|()| outgoing("CancelList"))
            .pivot("confirm", |()| outgoing("Confirm"))
            .undo(|()| outgoing("Release"))
            .step("approve", |()| outgoing("Approve"))
    }

    fn at(status: SagaStatus, step: i16) -> SagaRow {
        SagaRow {
            name: "test.Order",
            id: Uuid::nil(),
            version: 1,
            dirty: false,
            definition_version: 1,
            status,
            step,
            round: 0,
            attempts: 2,
            command_id: None,
            clock_at: None,
            next_at: None,
            fence: None,
            data: "null".into(),
            cause: None,
            started_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn steps_follow_each_other_to_completion() {
        let saga = order();
        let mut row = at(SagaStatus::Running, 1);
        for step in 2..=4 {
            row = advance(&saga, row);
            assert_eq!((row.status, row.step, row.attempts), (SagaStatus::Running, step, 0));
        }
        assert_eq!(advance(&saga, row).status, SagaStatus::Completed);
    }

    #[test]
    fn turning_back_undoes_the_step_in_hand_too() {
        let row = turn_back(&order(), at(SagaStatus::Running, 3), "no".into());
        assert_eq!((row.status, row.step), (SagaStatus::Compensating, 3));
        assert_eq!(row.cause.as_deref(), Some("no"));
    }

    #[test]
    fn steps_without_an_undo_are_passed_over_and_the_final_undo_ends_it() {
        let saga = order();
        let row = turn_back(&saga, at(SagaStatus::Running, 4), "no".into());
        assert_eq!(row.step, 3);
        let row = advance(&saga, row);
        assert_eq!(row.step, 2);
        let row = advance(&saga, row);
        assert_eq!(row.step, 0);
        assert_eq!(advance(&saga, row).status, SagaStatus::Compensated);
    }

    #[test]
    fn the_final_undo_says_why_the_saga_turned_back() {
        let row = turn_back(&order(), at(SagaStatus::Running, 1), "no".into());
        assert_eq!(order().command(&row).map(|command| command.message_type), Ok("Reject: no".to_owned()));
    }

    #[test]
    fn a_refusal_after_the_pivot_turns_back_as_well() {
        let row = turn_back(&order(), at(SagaStatus::Running, 4), "refused".into());
        assert_eq!((row.status, row.step), (SagaStatus::Compensating, 3));
    }
}
