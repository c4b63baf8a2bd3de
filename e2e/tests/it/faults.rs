//! What becomes of orders when processes are killed, frozen, or away for longer than anybody waits; and of many
//! who want the same thing at once.

mod invariants;
mod kills;
mod load;
mod outages;
mod races;
mod random;
mod replicas;
mod sagas;
