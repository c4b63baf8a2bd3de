//! Every statement that stands in a service or in the core finds its rows by an index, on an empty database as well.

use std::{fs, path::Path};

use mall_persistence::Database;
use mall_testkit::plans;

use super::{SERVICES, assert_none, config, habits::files_below, rooms::is_sql, root, source::names};

/// What of the core has statements of its own. Their tables are all in cosec's database only: it has sagas.
const CORE: [&str; 3] = ["crates/persistence/src", "crates/saga/src", "crates/service/src"];

fn statements_below(folder: &Path) -> Vec<String> {
    let sources = files_below(folder).into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    let texts = sources.flat_map(|file| names(&fs::read_to_string(file).expect("a source can be read")).texts);
    texts.filter(|text| is_sql(text)).collect()
}

/// A fresh database of a service, as its binary makes it.
async fn fresh(name: &'static str, at: usize) -> Database {
    let options = mall_testkit::options(name, |template| async move {
        mall_service::migrate(SERVICES[at](&config(&template.url))).await.expect("the migrations run");
    })
    .await;
    let database = Database::new(&options).expect("our own URL");
    plans::analyze(&database).await;
    database
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let mut breaches = Vec::new();
    let mut explained = 0;
    for (at, build) in SERVICES.iter().enumerate() {
        let name = build(&config("postgres://nobody@127.0.0.1:9/nothing")).name();
        let database = fresh(name, at).await;
        let mut connection = database.pool().acquire().await.expect("the server answers");
        let mut statements = statements_below(&root().join("services").join(name).join("src"));
        if name == "cosec" {
            statements.extend(CORE.iter().flat_map(|folder| statements_below(&root().join(folder))));
        }
        for statement in statements {
            explained += 1;
            let complaints = plans::explain(&mut connection, &statement).await;
            breaches.extend(complaints.iter().map(|complaint| format!("{name}: {complaint}")));
        }
    }
    assert!(explained > 50, "only {explained} statements were found");
    assert_none(&breaches);
}
