//! Kafka: starts, survives a crash with its data, and frees its ports.

use mall_cli::servers::{Kafka, KafkaOptions, create_topics, ports};
use mall_proto::topology::{TOPICS, Topic};

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

#[tokio::test]
async fn topics_are_made_once_and_a_count_never_changes() {
    let state = State::new("topics");
    let options = KafkaOptions::free(state.path()).expect("a machine has free ports");
    let server = Kafka::start(options).await.expect("the broker starts");
    create_topics(&server.bootstrap(), TOPICS).await.expect("the topics are new");
    create_topics(&server.bootstrap(), TOPICS).await.expect("the topics are as they should be");

    let changed = Topic { partitions: TOPICS[0].partitions + 1, ..TOPICS[0] };
    let error = create_topics(&server.bootstrap(), &[changed]).await.expect_err("the count differs");
    assert_eq!(error.to_string(), "topic stores.events: it has 4 partitions and must have 5");
}
