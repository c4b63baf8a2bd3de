//! One database for each service, side by side on one server.

use mall_proto::topology::SERVICES;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::servers::Error;

/// The address of another database of the same server, for the same user.
pub fn with_database(url: &str, database: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, rest)| (address, Some(rest)));
    let server = match address.split_once("://") {
        Some((_, rest)) => match rest.find('/') {
            Some(slash) => &address[..address.len() - rest.len() + slash],
            None => address,
        },
        None => address,
    };
    match parameters {
        Some(parameters) => format!("{server}/{database}?{parameters}"),
        None => format!("{server}/{database}"),
    }
}

/// Makes those of the nine databases that are missing.
pub(super) async fn create(url: &str, prefix: &str) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    let found: Vec<String> =
        sqlx::query_scalar("select datname::text from pg_database").fetch_all(&mut connection).await?;
    for service in SERVICES {
        let database = format!("{prefix}{}", service.name);
        if found.contains(&database) {
            continue;
        }
        // A name cannot be a parameter. It is ours: a prefix from code, and a service of the topology.
        let statement = AssertSqlSafe(format!("create database \"{}\"", database.replace('"', "")));
        match sqlx::query(statement).execute(&mut connection).await {
            // Another fleet with the same prefix was quicker.
            Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P04" | "23505")) => {}
            made => made.map(|_| ())?,
        }
    }
    connection.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server() {
        assert_eq!(with_database("postgres://mall@h:8300/postgres", "mall_depot"), "postgres://mall@h:8300/mall_depot");
        assert_eq!(with_database("postgres://mall@h:8300", "mall_depot"), "postgres://mall@h:8300/mall_depot");
        assert_eq!(with_database("postgres://h/a?sslmode=disable", "b"), "postgres://h/b?sslmode=disable");
    }
}
