//! How patient a saga is.

use std::time::Duration;

/// Times of a saga. The clock of a step starts when the relay has published its command.
#[derive(Clone, Debug)]
pub struct SagaPolicy {
    /// The waits before the command in hand is sent again; the last one repeats.
    pub resends: Vec<Duration>,
    /// How long a step up to the pivot may take before the saga turns back.
    pub deadline: Duration,
    /// The longest wait between two sendings of an undo; they double up to this.
    pub undo_cap: Duration,
    /// The age of a step that cannot be given up at which somebody should look.
    pub alarm: Duration,
    /// How often the timer looks.
    pub tick: Duration,
}

impl Default for SagaPolicy {
    fn default() -> Self {
        Self {
            resends: [2, 5, 10].map(Duration::from_secs).to_vec(),
            deadline: Duration::from_secs(30),
            undo_cap: Duration::from_secs(60),
            alarm: Duration::from_secs(300),
            tick: Duration::from_secs(1),
        }
    }
}

impl SagaPolicy {
    /// The wait before sending number `attempt` (from 1) of a step.
    pub(crate) fn resend(&self, attempt: i32) -> Duration {
        let last = self.resends.len().saturating_sub(1);
        let at = usize::try_from(attempt - 1).unwrap_or(0).min(last);
        self.resends.get(at).copied().unwrap_or(self.deadline)
    }

    /// The wait before sending number `attempt` (from 1) of an undo, or of a step after the pivot.
    pub(crate) fn patient_resend(&self, attempt: i32) -> Duration {
        let listed = i32::try_from(self.resends.len()).unwrap_or(i32::MAX);
        if attempt <= listed {
            return self.resend(attempt);
        }
        let doublings = u32::try_from(attempt - listed).unwrap_or(0).min(16);
        self.resend(listed).saturating_mul(1 << doublings).min(self.undo_cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_sent_again_after_two_five_and_then_every_ten_seconds() {
        let policy = SagaPolicy::default();
        let waits: Vec<u64> = (1..=5).map(|attempt| policy.resend(attempt).as_secs()).collect();
        assert_eq!(waits, [2, 5, 10, 10, 10]);
    }

    #[test]
    fn an_undo_is_sent_for_ever_at_most_a_minute_apart() {
        let policy = SagaPolicy::default();
        let waits: Vec<u64> = (1..=8).map(|attempt| policy.patient_resend(attempt).as_secs()).collect();
        assert_eq!(waits, [2, 5, 10, 20, 40, 60, 60, 60]);
    }
}
