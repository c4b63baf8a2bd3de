//! What becomes of orders when processes are killed, frozen, or away for longer than anybody waits.

mod invariants;
mod kills;
mod load;
mod random;
mod replicas;
mod sagas;
