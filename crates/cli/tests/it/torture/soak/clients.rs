//! What clients do all the time. The content stays about as large as it is: old assets are erased as new ones come.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::Soak;
use crate::support::line;
use crate::torture::ledger::{Random, body, lock};

/// Requests to one asset.
const REQUESTS: u64 = 12;
/// Assets that are there at once, about.
const ASSETS: usize = 12;
/// Between two backups.
const BACKUP_EVERY: Duration = Duration::from_secs(3);
/// Backups after which what was erased is purged.
const PURGED_EVERY: u64 = 4;

/// What was sent of one asset.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    pub acknowledged: Vec<String>,
    /// Of the request that is under way.
    pub in_doubt: Vec<String>,
    pub is_erasing: bool,
}

/// What was sent of all.
#[derive(Debug, Default)]
pub struct Content(Mutex<BTreeMap<u64, Sent>>);

impl Content {
    pub fn all(&self) -> Vec<(String, Sent)> {
        lock(&self.0).iter().map(|(number, sent)| (asset(*number), sent.clone())).collect()
    }

    fn some(&self, random: &mut Random) -> Option<(u64, Sent)> {
        let all = lock(&self.0);
        let at = random.below(all.len() as u64) as usize;
        all.iter().nth(at).map(|(number, sent)| (*number, sent.clone()))
    }
}

fn asset(number: u64) -> String {
    format!("soak-{number:06}")
}

/// All of an asset.
pub fn plan(asset: &str) -> Value {
    json!({"all": [{"type": "SOAK"}], "scope": {"assets": [asset]}, "limit": 1})
}

/// How much an answer found.
pub fn found(answer: &Value) -> u64 {
    answer["total"].as_u64().unwrap()
}

/// Takes in, asset after asset.
pub fn write(soak: &Soak, random: &mut Random) {
    for number in 0.. {
        for request in 0..REQUESTS {
            let lines: Vec<String> = (0..20 + random.below(20))
                .map(|n| {
                    let start = (request * 100 + 2 * n) as f64;
                    let mut more =
                        json!({"label": format!("soak {}", random.below(500)), "text": "we ran all the way"});
                    if n % 5 == 0 {
                        more["embedding_vector"] = json!([0.5, start / 1e4, -0.25, 1.0]);
                    }
                    line(&asset(number), "soak@1", "SOAK", start, start + 1.0, more)
                })
                .collect();
            lock(&soak.content.0).entry(number).or_default().in_doubt.clone_from(&lines);
            if soak.insist("POST", "/v1/annotations", "application/x-ndjson", &body(&lines)).is_none() {
                return;
            }
            let mut all = lock(&soak.content.0);
            let sent = all.entry(number).or_default();
            sent.acknowledged.extend(std::mem::take(&mut sent.in_doubt));
            drop(all);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Erases the oldest asset where there are too many.
pub fn erase(soak: &Soak) {
    while soak.goes_on() {
        std::thread::sleep(Duration::from_millis(40));
        let oldest = {
            let mut all = lock(&soak.content.0);
            let is_more = all.len() > ASSETS;
            let oldest = all.first_entry().filter(|_| is_more);
            oldest.map(|mut entry| {
                entry.get_mut().is_erasing = true;
                *entry.key()
            })
        };
        let Some(number) = oldest else { continue };
        let target = json!({"target": "asset", "asset_id": asset(number)}).to_string();
        if soak.insist("POST", "/v1/erase", "application/json", target.as_bytes()).is_some() {
            lock(&soak.content.0).remove(&number);
        }
    }
}

/// Finds no more than was sent, and never less than before while nothing is made again.
pub fn search(soak: &Soak, random: &mut Random) {
    let mut seen: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    while soak.goes_on() {
        std::thread::sleep(Duration::from_millis(15));
        let Some((number, _)) = soak.content.some(random) else { continue };
        let rebuilds = soak.rebuilds.load(Ordering::SeqCst);
        let asked = plan(&asset(number)).to_string();
        let Some(reply) = soak.ask("POST", "/v1/search", "application/json", asked.as_bytes()) else {
            continue;
        };
        let found = found(&reply.json());
        let after = lock(&soak.content.0).get(&number).cloned();
        let Some(sent) = after.filter(|sent| !sent.is_erasing) else {
            seen.remove(&number);
            continue;
        };
        let most = (sent.acknowledged.len() + sent.in_doubt.len()) as u64;
        assert!(found <= most, "{}: found {found} of {most}", asset(number));
        let (before, at) = seen.insert(number, (found, rebuilds)).unwrap_or_default();
        // Since the last fault was over, an asset has only grown; right after one, the index may still be on its way.
        let is_quiet = at == rebuilds && soak.rebuilds.load(Ordering::SeqCst) == rebuilds;
        assert!(
            found >= before || !is_quiet || is_catching_up(&reply.json()),
            "{}: found {found} after {before}",
            asset(number)
        );
    }
}

fn is_catching_up(answer: &Value) -> bool {
    answer["warnings"].as_array().is_some_and(|warnings| !warnings.is_empty())
}

/// Gets back what was acknowledged before it asked, to the byte.
pub fn export(soak: &Soak, random: &mut Random) {
    while soak.goes_on() {
        std::thread::sleep(Duration::from_millis(60));
        let Some((number, before)) = soak.content.some(random) else { continue };
        let path = format!("/v1/annotations?asset={}", asset(number));
        let Some(reply) = soak.ask("GET", &path, "application/json", b"") else { continue };
        let is_gone = lock(&soak.content.0).get(&number).is_none_or(|sent| sent.is_erasing);
        if is_gone || before.is_erasing {
            continue;
        }
        let text = if reply.status == 200 { String::from_utf8(reply.body).unwrap() } else { String::new() };
        let there: std::collections::BTreeSet<&str> = text.lines().collect();
        let lost = before.acknowledged.iter().filter(|line| !there.contains(line.as_str())).count();
        assert_eq!(lost, 0, "{}: lines that were acknowledged are lost", asset(number));
    }
}

/// Backs up into the same place again and again, and purges now and then.
pub fn back_up(soak: &Soak) {
    let body = |path: &std::path::Path| json!({"to": path}).to_string();
    for number in 0_u64.. {
        if !soak.goes_on() {
            return;
        }
        let path = soak.backups.join(format!("backup-{number}"));
        let reply = soak.ask("POST", "/v1/backup", "application/json", body(&path).as_bytes());
        if let Some(reply) = reply.filter(|reply| reply.status == 200) {
            let text = String::from_utf8_lossy(&reply.body);
            let is_done = text.lines().last().is_some_and(|last| last.contains("\"result\""));
            assert!(
                !is_done || path.join("backup.json").exists(),
                "a backup that was acknowledged is not there"
            );
        }
        let _ = std::fs::remove_dir_all(&soak.backups);
        if number % PURGED_EVERY == PURGED_EVERY - 1 {
            let _ = soak.ask("POST", "/v1/purge", "application/json", b"null");
        }
        let mut left = BACKUP_EVERY;
        while soak.goes_on() && !left.is_zero() {
            std::thread::sleep(Duration::from_millis(100));
            left = left.saturating_sub(Duration::from_millis(100));
        }
    }
}
