//! A way to a database on which one answer can be lost: the server has done what it was asked, and nobody is told.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use mall_persistence::sqlx::{self, AssertSqlSafe};
use mall_persistence::{Database, DatabaseOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// A query: the first answer that comes when it is true is swallowed, and its connection cut.
type Trap = Arc<Mutex<Option<&'static str>>>;

/// A TCP proxy between a pool and PostgreSQL. Passes everything on, unless it was told to lose an answer.
pub struct LosingProxy {
    address: SocketAddr,
    /// The direct way.
    database: Database,
    trap: Trap,
}

impl LosingProxy {
    /// Listens on a free port, before the server of this database, until the test ends.
    pub async fn before(database: &Database) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        let proxy = Self { address, database: database.clone(), trap: Trap::default() };
        let (direct, trap) = (database.clone(), Arc::clone(&proxy.trap));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // It ends when either side goes, or when its answer was lost.
                tokio::spawn(pass(client, direct.clone(), Arc::clone(&trap)));
            }
        });
        proxy
    }

    /// The same database, by way of this proxy.
    pub fn options(&self) -> DatabaseOptions {
        let options = crate::options_of(&self.database);
        let direct = self.database.pool().connect_options();
        let (_, name) = options.url.rsplit_once('/').expect("a URL ends in a database");
        DatabaseOptions { url: format!("postgres://{}@{}/{name}", direct.get_username(), self.address), ..options }
    }

    /// Loses one answer: the first that comes when the query `done` has become true.
    pub async fn lose_the_answer_when(&self, done: &'static str) {
        *self.trap.lock().await = Some(done);
    }

    /// Whether the answer has been lost.
    pub async fn has_lost_it(&self) -> bool {
        self.trap.lock().await.is_none()
    }
}

async fn pass(mut client: TcpStream, direct: Database, trap: Trap) -> io::Result<()> {
    let options = direct.pool().connect_options();
    let mut server = TcpStream::connect((options.get_host(), options.get_port())).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut question) => match read? {
                0 => return Ok(()),
                read => server.write_all(&question[..read]).await?,
            },
            read = server.read(&mut answer) => match read? {
                0 => return Ok(()),
                read => {
                    if snaps(&direct, &trap).await {
                        return Ok(());
                    }
                    client.write_all(&answer[..read]).await?;
                }
            },
        }
    }
}

async fn snaps(direct: &Database, trap: &Trap) -> bool {
    let mut trap = trap.lock().await;
    let Some(done) = *trap else { return false };
    let is_done: bool = sqlx::query_scalar(AssertSqlSafe(done)).fetch_one(direct.pool()).await.expect("a boolean");
    if is_done {
        *trap = None;
    }
    is_done
}
