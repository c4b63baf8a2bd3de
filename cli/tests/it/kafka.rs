//! Kafka: starts, survives a crash with its data, and frees its ports.

use mall_cli::servers::{Kafka, KafkaOptions, ports};

use crate::state::State;

#[tokio::test]
async fn a_crash_and_a_pause_do_not_end_it_for_good() {
    let state = State::new("kafka");
    let options = KafkaOptions::free(state.path()).expect("a machine has free ports");
    let time = std::time::Instant::now();
    let mut server = Kafka::start(options.clone()).await.expect("the broker starts");
    eprintln!("first start {:?}", time.elapsed());

    server.kill();
    assert!(ports::is_free(options.port));
    let time = std::time::Instant::now();
    server.restart().await.expect("the broker recovers");
    eprintln!("restart after a crash {:?}", time.elapsed());
    server.pause();
    server.resume();
    assert!(server.is_running());

    let time = std::time::Instant::now();
    drop(server);
    eprintln!("stop {:?}", time.elapsed());
    assert!(ports::is_free(options.port) && ports::is_free(options.controller_port));
}
