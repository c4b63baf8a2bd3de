//! A mall to test: servers, nine services and a gateway; one for all tests that leave it whole, others for those that
//! break it. Tests take turns: two fleets at work would slow each other down.

mod ledger;
mod money;
mod people;
mod silence;
mod topics;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use mall_cli::{Fleet, FleetOptions, rest::Rest, servers::PrivateServers};
use std::os::unix::process::CommandExt;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

pub(crate) use ledger::Ledger;
pub(crate) use money::assert_money_adds_up;
pub(crate) use people::People;
pub(crate) use silence::Silence;
pub(crate) use topics::Record;

pub(crate) const SERVICES: [&str; 9] =
    ["baskets", "cosec", "customers", "depot", "notifications", "ordering", "payments", "search", "stores"];

/// Fields are dropped in this order: the fleet drains while its servers are still there.
pub(crate) struct Mall {
    pub(crate) fleet: Fleet,
    pub(crate) servers: Option<PrivateServers>,
    kafka: String,
    /// Where everybody logs.
    state: PathBuf,
    _guardian: Guardian,
}

/// Held by the test whose turn it is.
pub(crate) type Turn = MutexGuard<'static, ()>;

pub(crate) async fn turn() -> Turn {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// The mall of the tests that leave it as it was: on the servers of this run, started by whoever comes first.
pub(crate) async fn shared() -> MutexGuard<'static, Mall> {
    static SHARED: OnceCell<Mutex<Mall>> = OnceCell::const_new();
    let open = async {
        let (postgres, kafka) = (mall_testkit::postgres_url(), mall_testkit::kafka_bootstrap());
        Mutex::new(Mall::open("shared", None, postgres, kafka, &[]).await)
    };
    SHARED.get_or_init(|| open).await.lock().await
}

impl Mall {
    /// A mall with servers of its own, to be broken. `name` is the folder of its logs.
    pub(crate) async fn private(name: &str, environment: &[(&str, &str)]) -> Self {
        let servers = PrivateServers::start(true).await.expect("PostgreSQL and Kafka start");
        let postgres = servers.postgres.url();
        let kafka = servers.kafka.as_ref().expect("it was asked for").bootstrap();
        Self::open(name, Some(servers), postgres, kafka, environment).await
    }

    async fn open(
        name: &str,
        servers: Option<PrivateServers>,
        postgres: String,
        kafka: String,
        environment: &[(&str, &str)],
    ) -> Self {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mall-{name}"));
        // Logs of an earlier run.
        let _ = fs::remove_dir_all(&state);
        // With the servers' own: whoever sweeps after a run that was killed finds the fleet, too.
        let of_servers = servers.as_ref().map_or_else(mall_testkit::servers_state, |own| own.state().to_owned());
        let run = of_servers.join("run").join(name);
        let guardian = Guardian::of(&run);
        let mut options = FleetOptions::new(&state, &postgres, &kafka).expect("there are free ports");
        options.run = run;
        options.environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        // Boxed: it would be a large part of the future of every test.
        let fleet = Box::pin(Fleet::launch(options)).await.expect("the fleet becomes ready");
        Self { fleet, servers, kafka, state, _guardian: guardian }
    }

    /// A client of its API.
    pub(crate) fn people(&self) -> People {
        People::new(Rest::new(self.fleet.rest_url()))
    }

    /// What its databases say.
    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::of(&self.fleet)
    }

    /// What a further replica of a service without peers has to be told, besides where it listens.
    pub(crate) fn environment_of(&self, service: &str) -> Vec<(String, String)> {
        let listen = "127.0.0.1:0".to_owned();
        [
            ("MALL__DATABASE__URL", self.fleet.database_url(service)),
            ("MALL__KAFKA__BOOTSTRAP", self.kafka.clone()),
            ("MALL__GRPC__LISTEN", listen.clone()),
            ("MALL__HTTP__LISTEN", listen),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// Everything that anybody has logged, the gateway too, by the name of the file.
    pub(crate) fn logs(&self) -> Vec<(String, String)> {
        let files = fs::read_dir(self.state.join("log")).expect("a mall logs");
        let paths = files.map(|file| file.expect("a folder can be read").path());
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("a log can be read")).into_owned();
        paths.map(|path| (path.display().to_string(), read(&path))).collect()
    }

    /// Everything that its topics hold.
    pub(crate) async fn records(&self) -> Vec<Record> {
        topics::read(&self.kafka).await
    }

    /// All that a service has logged since the mall was opened.
    pub(crate) fn log_of(&self, service: &str) -> String {
        fs::read_to_string(self.fleet.log(service)).unwrap_or_default()
    }
}

/// Kills what a fleet has left running when this program has ended, however it has ended: not everything is dropped
/// then, and least of all what is shared. A shell waits for the end of its input, and then goes by the pid files.
struct Guardian {
    shell: Child,
}

impl Guardian {
    fn of(run: &Path) -> Self {
        // A number may be another's by now: its process must have begun when the file says so.
        const SCRIPT: &str = r#"cat > /dev/null
for file in "$0"/*.pid; do
    read -r pid started < "$file" && [ "$(cut -d ' ' -f 22 "/proc/$pid/stat")" = "$started" ] && kill -9 "$pid"
done 2> /dev/null"#;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(SCRIPT).arg(run);
        // Out of reach of a Ctrl-C in the terminal.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self { shell: shell.spawn().expect("there is a shell") }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // It ends at once: the fleet, dropped before, has left nobody.
        let _ = self.shell.wait();
    }
}
