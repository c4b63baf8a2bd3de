//! Projections: tables fed by events or messages, in the transaction that records them, over a whole batch.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;

use sqlx::PgConnection;

/// A table that is fed by `Input`: [`crate::Recorded`] events of an own aggregate, or a type of one's own that a
/// handler passes to [`crate::Work::project`]. Always rebuildable.
pub trait Projection: Send + Sync + 'static {
    /// What it is fed with.
    type Input: Send + Sync + 'static;

    /// Writes a batch, in the order in which things happened, within the unit of work's transaction.
    fn project(
        &self,
        connection: &mut PgConnection,
        inputs: &[&Self::Input],
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

type Boxed<'a> = Pin<Box<dyn Future<Output = Result<(), sqlx::Error>> + Send + 'a>>;

/// A [`Projection`] whose input type is known only by its id.
pub(crate) trait AnyProjection: Send + Sync {
    fn input(&self) -> TypeId;
    fn project<'a>(&'a self, connection: &'a mut PgConnection, inputs: &'a [Box<dyn Any + Send + Sync>]) -> Boxed<'a>;
}

impl<P: Projection> AnyProjection for P {
    fn input(&self) -> TypeId {
        TypeId::of::<P::Input>()
    }

    fn project<'a>(&'a self, connection: &'a mut PgConnection, inputs: &'a [Box<dyn Any + Send + Sync>]) -> Boxed<'a> {
        Box::pin(async move {
            let inputs: Vec<&P::Input> = inputs.iter().filter_map(|input| input.downcast_ref()).collect();
            if inputs.is_empty() {
                return Ok(());
            }
            Projection::project(self, connection, &inputs).await
        })
    }
}

/// The last input of each key, ordered by key: one row per key per statement, and two writers never lock the same
/// rows in different orders.
pub fn latest_by_key<'a, T, K: Hash + Ord + Clone>(inputs: &[&'a T], key: impl Fn(&T) -> K) -> Vec<&'a T> {
    let mut latest: HashMap<K, &'a T> = HashMap::new();
    for input in inputs {
        latest.insert(key(input), input);
    }
    let mut latest: Vec<(K, &'a T)> = latest.into_iter().collect();
    latest.sort_by(|a, b| a.0.cmp(&b.0));
    latest.into_iter().map(|(_, input)| input).collect()
}
