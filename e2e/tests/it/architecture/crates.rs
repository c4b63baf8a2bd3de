//! Which crate may depend on which.

use super::{Package, assert_none, packages};

/// One row of the table.
struct Row {
    package: &'static str,
    ours: &'static [&'static str],
    others: Others,
}

/// Which crates of other people.
enum Others {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

const TABLE: &[Row] = &[
    Row { package: "mall-domain", ours: &[], others: Others::Only(&["serde", "thiserror", "time", "uuid"]) },
    Row {
        package: "mall-proto",
        ours: &[],
        others: Others::Only(&[
            "prost",
            "prost-types",
            "tonic",
            "tonic-prost",
            // Of the build script.
            "prost-build",
            "protox",
            "serde",
            "serde_yaml_ng",
            "tonic-prost-build",
        ]),
    },
    Row {
        package: "mall-persistence",
        ours: &["mall-domain"],
        others: Others::AllBut(&["axum", "prost", "rdkafka", "tonic"]),
    },
    Row {
        package: "mall-messaging",
        ours: &["mall-domain", "mall-persistence"],
        others: Others::AllBut(&["axum", "tonic"]),
    },
    Row {
        package: "mall-saga",
        ours: &["mall-domain", "mall-persistence", "mall-messaging"],
        others: Others::AllBut(&["axum", "prost", "rdkafka", "tonic"]),
    },
    Row {
        package: "mall-service",
        ours: &["mall-domain", "mall-persistence", "mall-messaging", "mall-saga", "mall-proto"],
        others: Others::AllBut(&["rdkafka"]),
    },
    Row {
        package: "mall-testkit",
        ours: &["mall-domain", "mall-persistence", "mall-messaging", "mall-proto", "mall-service"],
        others: Others::AllBut(&[]),
    },
    Row { package: "mall-cli", ours: &["mall-proto"], others: Others::AllBut(&[]) },
    Row { package: "mall-e2e", ours: &[], others: Others::Only(&[]) },
];

/// What holds for each of the nine: the crates above, and none of its peers.
const SERVICE: Row = Row {
    package: "a service",
    ours: &["mall-domain", "mall-persistence", "mall-messaging", "mall-saga", "mall-service", "mall-proto"],
    others: Others::AllBut(&["axum", "rdkafka"]),
};

fn breaches(packages: &[Package], services: &[&str]) -> Vec<String> {
    let mut breaches = Vec::new();
    let is_ours = |name: &String| packages.iter().any(|package| package.name == *name);
    for package in packages {
        let row = match TABLE.iter().find(|row| row.package == package.name) {
            Some(row) => row,
            None if services.contains(&package.name.as_str()) => &SERVICE,
            None => {
                breaches.push(format!("{} is not in the table", package.name));
                continue;
            }
        };
        let is_allowed = |name: &String| match (&row.others, is_ours(name)) {
            (_, true) => row.ours.contains(&name.as_str()),
            (Others::Only(allowed), false) => allowed.contains(&name.as_str()),
            (Others::AllBut(forbidden), false) => !forbidden.contains(&name.as_str()),
        };
        let wrong = package.normal.iter().filter(|name| !is_allowed(name));
        breaches.extend(wrong.map(|name| format!("{} must not depend on {name}", package.name)));
    }
    breaches
}

fn services() -> Vec<&'static str> {
    mall_proto::topology::SERVICES.iter().map(|service| service.name).collect()
}

#[test]
fn crates_depend_on_each_other_as_the_table_says() {
    let packages = packages();
    assert_eq!(services().len(), 9);
    for service in services() {
        assert!(packages.iter().any(|package| package.name == service), "there is no crate {service}");
    }
    assert_none(&breaches(&packages, &services()));
}

/// What is said of a workspace where `name` depends on `dependency`, which is ours if it is in the table.
fn said_of(name: &str, dependency: &str) -> Vec<String> {
    let mut packages: Vec<Package> =
        TABLE.iter().map(|row| Package { name: row.package.to_owned(), ..Package::default() }).collect();
    packages.extend(services().iter().map(|name| Package { name: (*name).to_owned(), ..Package::default() }));
    packages.retain(|package| package.name != name);
    packages.push(Package { name: name.to_owned(), normal: vec![dependency.to_owned()], ..Package::default() });
    breaches(&packages, &services())
}

#[test]
fn a_dependency_that_the_table_does_not_allow_is_found() {
    for (name, dependency) in [
        ("mall-domain", "sqlx"),
        ("mall-domain", "mall-proto"),
        ("mall-proto", "mall-domain"),
        ("mall-persistence", "tonic"),
        ("mall-persistence", "rdkafka"),
        ("mall-persistence", "mall-proto"),
        ("mall-messaging", "mall-proto"),
        ("mall-messaging", "mall-saga"),
        ("mall-saga", "mall-service"),
        ("mall-saga", "mall-proto"),
        ("mall-service", "ordering"),
        ("mall-service", "mall-testkit"),
        ("ordering", "depot"),
        ("ordering", "rdkafka"),
        ("ordering", "mall-testkit"),
        ("ordering", "mall-cli"),
        ("mall-cli", "ordering"),
        ("mall-testkit", "ordering"),
        ("mall-e2e", "tokio"),
    ] {
        assert_eq!(said_of(name, dependency), [format!("{name} must not depend on {dependency}")]);
    }
}

#[test]
fn what_the_table_allows_is_not_complained_of() {
    for (name, dependency) in [("ordering", "mall-service"), ("mall-saga", "mall-messaging"), ("depot", "sqlx")] {
        assert_none(&said_of(name, dependency));
    }
}

#[test]
fn a_crate_that_is_not_in_the_table_is_found() {
    assert_eq!(said_of("mall-utils", "serde"), ["mall-utils is not in the table"]);
}
