//! The rooms of a service: the same few everywhere, each with what it may use.

use std::{collections::BTreeSet, fs, path::Path};

use mall_proto::topology::ServiceTopology;

use super::{assert_none, habits::files_below, packages, root, source::names};

/// One room: which crates and which other rooms its files may name.
struct Room {
    name: &'static str,
    crates: &'static [&'static str],
    rooms: &'static [&'static str],
    /// Whether SQL stands here.
    sql: bool,
}

const ROOMS: &[Room] = &[
    Room { name: "domain", crates: &["mall_domain", "serde", "thiserror", "time"], rooms: &["domain"], sql: false },
    Room {
        name: "app",
        crates: &["mall_domain", "mall_persistence", "tokio", "uuid"],
        rooms: &["app", "domain", "peers", "projections"],
        sql: false,
    },
    Room {
        name: "grpc",
        crates: &["mall_domain", "mall_persistence", "mall_proto", "mall_messaging", "mall_service", "tonic"],
        rooms: &["app", "domain", "grpc", "projections"],
        sql: false,
    },
    Room {
        name: "messages",
        crates: &[
            "mall_domain",
            "mall_persistence",
            "mall_proto",
            "mall_messaging",
            "mall_saga",
            "mall_service",
            "uuid",
        ],
        rooms: &["app", "domain", "messages", "projections", "create_order", "cancel_order", "ids"],
        sql: false,
    },
    Room {
        name: "peers",
        crates: &["mall_domain", "mall_persistence", "mall_proto", "mall_service", "tonic"],
        rooms: &["domain", "peers"],
        sql: false,
    },
    Room {
        name: "projections",
        crates: &["mall_domain", "mall_persistence", "mall_proto", "serde", "serde_json", "sqlx", "time", "uuid"],
        rooms: &["domain", "projections", "provider"],
        sql: true,
    },
];

/// Rooms that one service has and no other. A new one needs a reason good enough to stand here.
const OWN_ROOMS: &[(&str, &str)] = &[
    // It conducts, and owns nothing else: its sagas are its domain and its use cases.
    ("cosec", "create_order"),
    ("cosec", "cancel_order"),
    ("cosec", "ids"),
    // What happens by the clock.
    ("payments", "expiry"),
    ("notifications", "sending"),
    // Who brings texts to phones.
    ("notifications", "provider"),
];

/// Crates that are known by name wherever they stand in a path: others re-export them.
const HEAVY: &[&str] = &[
    "mall_messaging",
    "mall_persistence",
    "mall_proto",
    "mall_saga",
    "mall_service",
    "prost",
    "rdkafka",
    "sqlx",
    "tokio",
    "tonic",
];

/// A decision takes times and new ids as arguments.
const CLOCK_AND_DICE: &[&str] = &["Instant", "SystemTime", "now_local", "now_utc", "now_v7", "new_v4", "random"];

const SQL: &[&str] = &["select ", "insert into ", "update ", "delete from ", "with "];

fn breaches(room: &Room, dependencies: &BTreeSet<String>, text: &str) -> Vec<String> {
    let found = names(text);
    let mut breaches = BTreeSet::new();
    for path in &found.paths {
        let segments: Vec<&str> = path.split("::").collect();
        let first = segments[0];
        let foreign = dependencies.contains(first).then_some(first);
        let foreign = foreign.into_iter().chain(segments.iter().copied().filter(|segment| HEAVY.contains(segment)));
        breaches.extend(foreign.filter(|name| !room.crates.contains(name)).map(|name| format!("{name}, in {path}")));
        if let ["crate", other, ..] = segments[..]
            && !room.rooms.contains(&other)
        {
            breaches.insert(format!("the room {other}, in {path}"));
        }
        if room.name == "domain" {
            let impure = segments.iter().filter(|segment| CLOCK_AND_DICE.contains(segment));
            breaches.extend(impure.map(|name| format!("{name}, in {path}")));
        }
    }
    let statements = found.texts.iter().filter(|text| is_sql(text));
    breaches.extend(statements.filter(|_| !room.sql).map(|text| format!("SQL: {text:?}")));
    breaches.into_iter().map(|breach| format!("{} must not use {breach}", room.name)).collect()
}

/// Two words at least of SQL, so that a sentence which begins with `update` is none.
pub(super) fn is_sql(text: &str) -> bool {
    let text = text.trim_start().to_lowercase();
    let second = [" from ", " set ", " values", " where ", "(", " as "];
    SQL.iter().any(|word| text.starts_with(word)) && second.iter().any(|word| text.contains(word))
}

/// The room that a file below `src` belongs to.
fn room_of(file: &Path) -> String {
    let first = file.components().next().expect("a file has a name");
    let name = Path::new(first.as_os_str());
    name.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

/// What is wrong with the rooms of a service, given what is in its folder.
fn misplaced(service: &ServiceTopology, has_api: bool, files: &[String]) -> Vec<String> {
    let mut breaches = Vec::new();
    let sources: BTreeSet<String> =
        files.iter().filter_map(|file| file.strip_prefix("src/")).map(|file| room_of(Path::new(file))).collect();
    let own = |room: &str| OWN_ROOMS.contains(&(service.name, room));
    let known = |room: &str| matches!(room, "main" | "lib") || ROOMS.iter().any(|known| known.name == room);
    let strange = sources.iter().filter(|room| !known(room) && !own(room));
    breaches.extend(strange.map(|room| format!("{} has a room {room} that no service has", service.name)));
    let conducts = service.name == "cosec";
    let is_table = files.iter().any(|file| file.starts_with("migrations/"));
    for (room, is_needed) in [
        ("main", true),
        ("lib", true),
        ("messages", true),
        ("app", !conducts),
        ("domain", !conducts),
        ("grpc", has_api),
        ("peers", !service.calls.is_empty()),
        ("projections", is_table && !conducts),
    ] {
        match (is_needed, sources.contains(room)) {
            (true, false) => breaches.push(format!("{} has no {room}", service.name)),
            (false, true) => breaches.push(format!("{} has {room}, but nothing to do there", service.name)),
            (true, true) | (false, false) => {}
        }
    }
    if !files.iter().any(|file| file == "tests/it/main.rs") {
        breaches.push(format!("{} has no tests/it", service.name));
    }
    if files.iter().any(|file| file.ends_with("mod.rs")) {
        breaches.push(format!("{} has a mod.rs: it is foo.rs and foo/", service.name));
    }
    breaches
}

/// Whether `main.rs` is `main` of one expression.
fn is_one_statement(text: &str) -> bool {
    let file = syn::parse_file(text).expect("a file of the workspace is Rust");
    matches!(&file.items[..], [syn::Item::Fn(main)] if main.sig.ident == "main" && main.block.stmts.len() == 1)
}

fn files_of(service: &str) -> Vec<String> {
    let folder = root().join("services").join(service);
    let mut files: Vec<String> = files_below(&folder)
        .iter()
        .map(|file| file.strip_prefix(&folder).expect("it is below").to_string_lossy().into_owned())
        .collect();
    files.sort_unstable();
    files
}

#[test]
fn every_service_has_the_same_few_rooms() {
    for service in mall_proto::topology::SERVICES {
        let has_api = root().join(format!("proto/{}/v1/api.proto", service.name)).is_file();
        assert_none(&misplaced(service, has_api, &files_of(service.name)));
        let main = root().join(format!("services/{}/src/main.rs", service.name));
        let main = fs::read_to_string(main).expect("a service has a main.rs");
        assert!(is_one_statement(&main), "{}: main.rs is more than one statement", service.name);
    }
}

#[test]
fn each_room_uses_only_what_it_may() {
    let mut breaches_of_all = Vec::new();
    for package in packages().iter().filter(|package| package.folder.starts_with(root().join("services"))) {
        let dependencies = package.normal.iter().map(|name| name.replace('-', "_")).collect();
        let sources = package.folder.join("src");
        for file in files_below(&sources) {
            let below = file.strip_prefix(&sources).expect("it is below");
            let room = ROOMS.iter().find(|room| room.name == room_of(below));
            let (Some(room), false) = (room, below.ends_with("tests.rs")) else { continue };
            let text = fs::read_to_string(&file).expect("a source can be read");
            let found = breaches(room, &dependencies, &text);
            breaches_of_all
                .extend(found.iter().map(|breach| format!("{}/{}: {breach}", package.name, below.display())));
        }
    }
    assert_none(&breaches_of_all);
}

fn said_of(room: &str, text: &str) -> Vec<String> {
    let dependencies = ["mall_domain", "serde", "serde_json", "uuid"].map(str::to_owned).into();
    breaches(ROOMS.iter().find(|known| known.name == room).expect("a room"), &dependencies, text)
}

#[test]
fn what_a_room_must_not_use_is_found() {
    for (room, text) in [
        ("domain", "use sqlx::PgPool;"),
        ("domain", "use mall_persistence::Work;"),
        ("domain", "use serde_json::Value;"),
        ("domain", "fn f() { tokio::spawn(x); }"),
        ("domain", "use crate::app::Ordering;"),
        ("domain", "fn f() -> OffsetDateTime { OffsetDateTime::now_utc() }"),
        ("domain", "fn f() -> Uuid { mall_domain::Uuid::now_v7() }"),
        ("domain", "use std::time::Instant;"),
        ("domain", "fn f() { println!(\"{}\", rdkafka::VERSION); }"),
        ("app", "use mall_proto::ordering::v1::OrderCreated;"),
        ("app", "fn f() -> Result<(), tonic::Status> { g() }"),
        ("app", "use crate::grpc::Server;"),
        ("app", "use mall_persistence::{Error, sqlx};"),
        ("app", "fn f() { query(\"select id from orders\") }"),
        ("grpc", "use mall_persistence::sqlx::query;"),
        ("grpc", "fn f() { query(\"update orders set status = $1\") }"),
        ("messages", "use sqlx::query;"),
        ("messages", "use tonic::Status;"),
        ("messages", "use crate::grpc::Server;"),
        ("peers", "use sqlx::query;"),
        ("peers", "use crate::app::Ordering;"),
        ("projections", "use tonic::Status;"),
        ("projections", "use rdkafka::Message;"),
        ("projections", "use crate::app::Ordering;"),
    ] {
        assert_eq!(said_of(room, text).len(), 1, "{room}: {text}: {:?}", said_of(room, text));
    }
}

#[test]
fn what_a_room_may_use_is_not_complained_of() {
    for (room, text) in [
        ("domain", "use mall_domain::Money; use super::OrderId; use std::time::Duration;"),
        ("domain", "#[cfg(test)] mod tests { use serde_json::json; }"),
        ("domain", "fn f() -> &'static str { \"update it with care\" }"),
        ("grpc", "use mall_service::wire; use crate::app::Ordering;"),
        ("messages", "use mall_service::wire; use mall_proto::depot::v1;"),
        ("projections", "fn f() { sqlx::query(\"select id from orders\") }"),
    ] {
        assert_none(&said_of(room, text));
    }
}

#[test]
fn a_main_of_two_statements_is_found() {
    assert!(is_one_statement("fn main() -> ExitCode { mall_service::run(ordering::service) }"));
    assert!(!is_one_statement("fn main() { setup(); run(service) }"));
    assert!(!is_one_statement("fn help() {} fn main() { run(service) }"));
}

#[test]
fn a_missing_or_an_extra_room_is_found() {
    let service = mall_proto::topology::service("ordering").expect("there is ordering");
    let rooms = ["main", "lib", "app", "domain", "grpc", "messages", "peers"];
    let mut files: Vec<String> = rooms.iter().map(|room| format!("src/{room}.rs")).collect();
    files.push("tests/it/main.rs".to_owned());
    assert_none(&misplaced(service, true, &files));
    for missing in rooms {
        let left: Vec<String> = files.iter().filter(|file| **file != format!("src/{missing}.rs")).cloned().collect();
        assert_eq!(misplaced(service, true, &left), [format!("ordering has no {missing}")]);
    }
    assert_eq!(misplaced(service, true, &files[..rooms.len()]), ["ordering has no tests/it"]);
    for (extra, said) in [
        ("src/helpers.rs", "ordering has a room helpers that no service has"),
        ("src/projections/x.rs", "ordering has projections, but nothing to do there"),
        ("migrations/0001_orders.sql", "ordering has no projections"),
        ("src/domain/mod.rs", "ordering has a mod.rs: it is foo.rs and foo/"),
    ] {
        let mut more = files.clone();
        more.push(extra.to_owned());
        assert_eq!(misplaced(service, true, &more), [said]);
    }
}
