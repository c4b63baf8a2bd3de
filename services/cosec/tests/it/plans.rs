//! The commit of sagas finds its rows by an index, on an empty database as well.

use mall_testkit::plans;

use crate::*;

#[tokio::test]
async fn a_commit_of_sagas_finds_its_rows_by_an_index() {
    let shop = start().await;
    plans::analyze(shop.database()).await;
    shop.deliver(created()).await;
    shop.deliver(done(CREATE, 1)).await;
    let (explained, complaints) = plans::explain_prepared(shop.database()).await;
    for part in ["insert into sagas", "from sagas"] {
        assert!(explained.iter().any(|statement| statement.contains(part)), "nothing was prepared with {part}");
    }
    assert_eq!(complaints, Vec::<String>::new());
}
