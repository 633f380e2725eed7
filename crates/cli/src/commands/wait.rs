//! Waiting until what was committed can be searched.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Client;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::progress::{Bar, Bars};

/// How long `--wait` waits for the later stages before it says that they are still at it.
const WAIT_MAX: Duration = Duration::from_secs(3600);
/// How long a search on a folder waits: no server is there to finish the work.
const BRIEF_WAIT_MAX: Duration = Duration::from_secs(20);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// A stage whose error stays for this long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// Waits until everything committed can be searched; `false` where that takes too long.
pub fn until_searchable(client: &Client, quiet: bool) -> Outcome<bool> {
    until(client, quiet, WAIT_MAX)
}

/// Before reading from a folder that this process has opened: finishes what earlier commands took in. A server does
/// that on its own.
pub fn before_reading(client: &Client, quiet: bool) -> Outcome {
    if client.archive().is_some() && !until(client, quiet, BRIEF_WAIT_MAX)? {
        output::warn(
            "what was ingested last cannot be searched yet; `rushes ingest --wait` or a server finishes it",
        );
    }
    Ok(())
}

fn until(client: &Client, quiet: bool, wait_max: Duration) -> Outcome<bool> {
    let begun = Instant::now();
    let mut stuck_since = None;
    let bars = Bars::new(quiet);
    let mut stages: Vec<(String, Bar, u64)> = Vec::new();
    loop {
        let status = client.get("/v1/status")?;
        if status.get("catching_up").and_then(Value::as_bool) != Some(true) {
            return Ok(true);
        }
        show(&status, &bars, &mut stages);
        match (super::status::stuck_worker(&status), stuck_since) {
            (None, _) => stuck_since = None,
            (Some(_), None) => stuck_since = Some(Instant::now()),
            (Some(why), Some(since)) if since.elapsed() > STUCK_AFTER => return Err(Failure::because(why)),
            (Some(_), Some(_)) => {}
        }
        if begun.elapsed() > wait_max {
            return Ok(false);
        }
        std::thread::sleep(PAUSE);
    }
}

/// One bar for each stage that lags; its length is the farthest that the stage was behind.
fn show(status: &Value, bars: &Bars, stages: &mut Vec<(String, Bar, u64)>) {
    for lag in status.get("lag").and_then(Value::as_array).into_iter().flatten() {
        let (Some(stage), Some(behind)) =
            (lag.get("consumer").and_then(Value::as_str), lag.get("behind").and_then(Value::as_u64))
        else {
            continue;
        };
        let known = stages.iter_mut().find(|(name, ..)| name == stage);
        let (_, bar, most) = match known {
            Some(known) => known,
            None if behind == 0 => continue,
            None => {
                stages.push((stage.to_owned(), bars.add(stage), behind));
                let Some(last) = stages.last_mut() else { continue };
                last
            }
        };
        *most = behind.max(*most);
        bar.set(*most - behind, Some(*most));
    }
}
