//! `mall gateway`: what a gateway needs that runs in a pod of its own, where there is no shell.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use mall_cli::servers::Error;
use reqwest::Client;

use super::Outcome;

/// How often a draining gateway is asked whether it still has requests.
const LOOK: Duration = Duration::from_millis(500);

/// Writes the declarations to transcode by, and this program beside them, so that the gateway's container can drain.
pub(crate) fn prepare(folder: &Path) -> Outcome {
    let not_written = |path: PathBuf| move |source| Error::File { action: "write", path, source };
    let declarations = folder.join("fleet.bin");
    std::fs::write(&declarations, mall_proto::FILE_DESCRIPTOR_SET).map_err(not_written(declarations))?;
    let copy = folder.join("mall");
    std::fs::copy(std::env::current_exe()?, &copy).map_err(not_written(copy))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a gateway say that it is not ready and ask its clients to leave; ends when nothing is under way any more, but
/// not before `least`, which is how long others may take to hear of it, nor after `most`.
pub(crate) async fn drain(admin: &str, least: Duration, most: Duration) -> Outcome {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    client.post(format!("{admin}/healthcheck/fail")).send().await?.error_for_status()?;
    tokio::time::sleep(least).await;
    let quiet = async {
        while requests_under_way(&client, admin).await != Some(0) {
            tokio::time::sleep(LOOK).await;
        }
    };
    // Whatever is still under way then is lost, as it would be anyway.
    let _ = tokio::time::timeout(most.saturating_sub(least), quiet).await;
    Ok(ExitCode::SUCCESS)
}

async fn requests_under_way(client: &Client, admin: &str) -> Option<u64> {
    let url = format!("{admin}/stats?filter=^http.gateway.downstream_rq_active$");
    let text = client.get(url).send().await.ok()?.text().await.ok()?;
    text.trim().rsplit_once(": ")?.1.parse().ok()
}
