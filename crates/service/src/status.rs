//! Errors as the API tells them: the right code, the refusal's name, the field to blame, nothing internal.

use mall_domain::RefusalKind;
use mall_persistence::Error;
use tonic::{Code, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of our reasons in `google.rpc.ErrorInfo`.
const DOMAIN: &str = "mallbots";

/// Runs a call and answers it: `?` works on every error inside.
pub async fn answer<T>(call: impl Future<Output = Result<T, Error>>) -> Result<Response<T>, Status> {
    call.await.map(Response::new).map_err(|error| status(&error))
}

/// The status that tells of `error`.
pub fn status(error: &Error) -> Status {
    match error {
        Error::Refused(refused) => {
            let mut details = ErrorDetails::with_error_info(&refused.reason, DOMAIN, std::collections::HashMap::new());
            let code = match refused.kind {
                RefusalKind::Invalid => Code::InvalidArgument,
                RefusalKind::Exists => Code::AlreadyExists,
                RefusalKind::Rule => Code::FailedPrecondition,
            };
            if let (RefusalKind::Invalid, Some(field)) = (refused.kind, refused.field) {
                details.add_bad_request_violation(field, &refused.text);
            }
            Status::with_error_details(code, &refused.text, details)
        }
        Error::NotFound { .. } => named(Code::NotFound, "NOT_FOUND", &error.to_string()),
        Error::Conflict | Error::Moved => {
            named(Code::Aborted, "CONFLICT", "changed by somebody else at the same time: read again and repeat")
        }
        Error::Database(cause) => {
            if is_away(cause) {
                tracing::warn!(error = %cause, "the database is away");
                named(Code::Unavailable, "DATABASE_AWAY", "the service cannot reach its database: try again soon")
            } else {
                tracing::error!(error = %cause, "the database refused a statement");
                internal()
            }
        }
        Error::PeerAway { peer, cause } => {
            tracing::warn!(peer, cause, "a peer is away");
            named(Code::Unavailable, "PEER_AWAY", &format!("{peer} cannot be reached: try again soon"))
        }
        Error::Fault(cause) => {
            tracing::error!(cause, "a call failed by a fault of ours");
            internal()
        }
    }
}

pub(crate) fn internal() -> Status {
    named(Code::Internal, "INTERNAL", "something went wrong on our side; the logs say what")
}

pub(crate) fn named(code: Code, reason: &str, text: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, std::collections::HashMap::new());
    Status::with_error_details(code, text, details)
}

/// Whether the database is away, as opposed to unwilling.
fn is_away(error: &mall_persistence::sqlx::Error) -> bool {
    use mall_persistence::sqlx::Error as Sqlx;
    match error {
        Sqlx::Io(_)
        | Sqlx::PoolTimedOut
        | Sqlx::PoolClosed
        | Sqlx::WorkerCrashed
        | Sqlx::Tls(_)
        | Sqlx::Protocol(_) => true,
        // Connection failures, shutdown, recovery, too many connections, and a transaction chosen to step back.
        Sqlx::Database(error) => {
            error.code().is_some_and(|code| ["08", "57P", "53", "40"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use mall_domain::{Refused, Uuid};

    use super::*;

    fn told(error: &Error) -> (Code, String) {
        let status = status(error);
        let info = status.get_details_error_info().expect("every error names its reason");
        assert_eq!(info.domain, DOMAIN);
        (status.code(), info.reason)
    }

    #[test]
    fn every_error_has_its_code_and_its_reason() {
        let refused = |kind| {
            let (reason, text) = ("NOT_OPEN".to_owned(), "the door is shut".to_owned());
            Error::Refused(Refused { kind, reason, text, field: Some("door") })
        };
        let (peer, cause) = ("stores", "connection refused".to_owned());
        for (error, code, reason) in [
            (refused(RefusalKind::Invalid), Code::InvalidArgument, "NOT_OPEN"),
            (refused(RefusalKind::Exists), Code::AlreadyExists, "NOT_OPEN"),
            (refused(RefusalKind::Rule), Code::FailedPrecondition, "NOT_OPEN"),
            (Error::NotFound { kind: "toys.Door", id: Uuid::nil() }, Code::NotFound, "NOT_FOUND"),
            (Error::Conflict, Code::Aborted, "CONFLICT"),
            (Error::Moved, Code::Aborted, "CONFLICT"),
            (Error::Database(mall_persistence::sqlx::Error::PoolTimedOut), Code::Unavailable, "DATABASE_AWAY"),
            (Error::Database(mall_persistence::sqlx::Error::RowNotFound), Code::Internal, "INTERNAL"),
            (Error::PeerAway { peer, cause }, Code::Unavailable, "PEER_AWAY"),
            (Error::Fault("out of its mind".to_owned()), Code::Internal, "INTERNAL"),
        ] {
            assert_eq!(told(&error), (code, reason.to_owned()), "{error}");
        }
    }

    #[test]
    fn only_what_is_invalid_blames_a_field() {
        for (kind, blamed) in [(RefusalKind::Invalid, Some("door")), (RefusalKind::Rule, None)] {
            let (reason, text) = ("NOT_OPEN".to_owned(), "the door is shut".to_owned());
            let status = status(&Error::Refused(Refused { kind, reason, text, field: Some("door") }));
            let request = status.get_details_bad_request();
            let field = request.and_then(|request| request.field_violations.into_iter().next());
            assert_eq!(field.map(|violation| violation.field).as_deref(), blamed);
        }
    }

    #[test]
    fn what_is_internal_stays_inside() {
        let status = status(&Error::Fault("row 7 of table orders".to_owned()));
        assert!(!status.message().contains("orders"), "{status}");
    }
}
