//! Running a handler: a fact's refusal is a logged no-op, a command's is its answer, and a command that was answered
//! before is answered alike.

use mall_domain::Refused;
use mall_persistence::{Error, Outcome, Outgoing, Work};

use super::Engine;
use crate::consumer::{Asks, Decoded, Route};
use crate::envelope::{Envelope, Incoming, SagaHeaders};
use crate::reply::Answer;

/// What a handler said.
pub(super) enum Said {
    Handled,
    Repeated,
    Refused,
}

/// Runs the handler of a fact; or that of a command, once per identity, and answers it.
pub(super) async fn answer(
    engine: &Engine,
    work: &mut Work,
    route: &Route,
    message: &Incoming,
    envelope: &Envelope,
    decoded: Decoded,
    verdict: Option<Refused>,
) -> Result<Said, Error> {
    let key = String::from_utf8_lossy(&message.key).into_owned();
    if route.asks == Asks::Fact {
        return match verdict.map_or(Ok(()), |refused| Err(Error::Refused(refused))) {
            Ok(()) => fact(work, route, envelope, decoded, key).await,
            Err(error) => Ok(refused_fact(envelope, &error)),
        };
    }
    let saga = envelope.saga.as_ref().ok_or_else(|| Error::Fault("a command without saga headers".to_owned()))?;
    if let Some(reply) = work.outcome(&saga.identity).await? {
        work.send(reply_message(engine, saga, &key, reply))?;
        return Ok(Said::Repeated);
    }
    let savepoint = work.savepoint();
    let outcome = match verdict {
        Some(refused) => Err(Error::Refused(refused)),
        None => (route.run)(work, decoded, envelope, key.clone()).await,
    };
    let answer = match outcome {
        Ok(()) => Answer::Done,
        Err(error @ (Error::Refused(_) | Error::NotFound { .. })) if route.asks == Asks::Command => {
            work.rollback(savepoint);
            tracing::info!(message_type = envelope.message_type, key, refusal = %error, "refused a command");
            refusal(&error)
        }
        Err(error @ (Error::Refused(_) | Error::NotFound { .. })) => {
            return Err(Error::Fault(format!("an undo was refused: {error}")));
        }
        Err(error) => return Err(error),
    };
    let said = if answer == Answer::Done { Said::Handled } else { Said::Refused };
    let reply = (engine.codec.encode)(&answer);
    work.record_outcome(Outcome { identity: saga.identity.clone(), reply: reply.clone() });
    work.send(reply_message(engine, saga, &key, reply))?;
    Ok(said)
}

async fn fact(
    work: &mut Work,
    route: &Route,
    envelope: &Envelope,
    decoded: Decoded,
    key: String,
) -> Result<Said, Error> {
    let savepoint = work.savepoint();
    match (route.run)(work, decoded, envelope, key).await {
        Ok(()) => Ok(Said::Handled),
        Err(error @ (Error::Refused(_) | Error::NotFound { .. })) => {
            work.rollback(savepoint);
            Ok(refused_fact(envelope, &error))
        }
        Err(error) => Err(error),
    }
}

fn refused_fact(envelope: &Envelope, error: &Error) -> Said {
    tracing::warn!(message_type = envelope.message_type, message_id = %envelope.id, refusal = %error, "a fact changed nothing");
    Said::Refused
}

fn refusal(error: &Error) -> Answer {
    let reason = match error {
        Error::Refused(refused) => refused.reason.clone(),
        _ => "NOT_FOUND".to_owned(),
    };
    Answer::Refused { reason, text: error.to_string() }
}

fn reply_message(engine: &Engine, saga: &SagaHeaders, key: &str, payload: Vec<u8>) -> Outgoing {
    Outgoing {
        topic: saga.reply_to.clone(),
        key: key.to_owned(),
        message_type: engine.codec.message_type.to_owned(),
        payload,
        subject: saga.identity.saga_id.to_string(),
        headers: saga.to_headers(),
    }
}
