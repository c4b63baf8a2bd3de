//! Patience: when a text that the provider did not take is tried again, when no more, and what is told too late.

use std::time::Duration;

use mall_domain::OffsetDateTime;

/// How long news is news.
const NEWS_FOR: Duration = Duration::from_secs(24 * 60 * 60);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
const MOST_ATTEMPTS: i32 = 36;

/// The wait after the `attempts`th attempt: 2, 4, 8 s .. 1 h. `None` after the last, about a day after the first: by
/// then nobody wants to read it any more.
pub fn wait_after(attempts: i32) -> Option<Duration> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let exponent = u32::try_from(attempts).unwrap_or(0).min(12);
    Some(Duration::from_secs(1 << exponent).min(LONGEST_WAIT))
}

/// Whether what happened at `at` is told too late: after a long outage, or when history is read again from its
/// beginning. Nobody is texted about it any more.
pub fn is_old_news(at: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - at > NEWS_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_old_after_a_day() {
        let (at, second) = (OffsetDateTime::UNIX_EPOCH, Duration::from_secs(1));
        assert!(!is_old_news(at, at + NEWS_FOR));
        assert!(is_old_news(at, at + NEWS_FOR + second));
        assert!(!is_old_news(at + second, at), "clocks differ");
    }

    #[test]
    fn waits_double_up_to_an_hour_and_end_after_a_day() {
        let seconds = |attempts| wait_after(attempts).map(|wait| wait.as_secs());
        assert_eq!([1, 2, 3, 11, 12, 35].map(seconds), [2, 4, 8, 2048, 3600, 3600].map(Some));
        assert_eq!(seconds(36), None);
        let whole: u64 = (1..36).filter_map(seconds).sum();
        assert_eq!(whole / 3600, 25);
    }
}
