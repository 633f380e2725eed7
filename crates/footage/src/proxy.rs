//! Proxies: a small copy of a media file that every browser plays, made on request.
//!
//! Only one is made at a time. A caller gets its progress and polls; without requests for a while, making it is
//! cancelled. Finished ones lie in a [`Cache`].

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};

use crate::cache::{Cache, Key};
use crate::limits::{PROXY_BYTES_MAX, PROXY_HEIGHT_MAX, PROXY_TIME_MAX, PROXY_UNWATCHED_MAX};
use crate::tool::{Job, Tools, threads, words};

/// How long a failure is reported before the same proxy is tried again.
const FAILURE_LASTS: Duration = Duration::from_secs(60);
/// Failures that are remembered.
const FAILURES_MAX: usize = 100;
/// How long to wait for ffmpeg to be gone at the end.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// How far a proxy is.
#[derive(Debug)]
pub enum ProxyState {
    /// It is there.
    Ready {
        /// The file.
        file: File,
        /// Its length.
        bytes: u64,
        /// What it is: `video/mp4` or `video/webm`.
        content_type: &'static str,
    },
    /// It is being made.
    Making {
        /// The part that is done, in thousandths; unknown where the length of the media is.
        done_per_mille: Option<u32>,
    },
    /// Another one is being made first.
    Waiting,
}

struct ProxyJob {
    key: Key,
    asked: Instant,
    done_ns: i64,
    duration_ns: Option<i64>,
}

#[derive(Default)]
struct State {
    current: Option<ProxyJob>,
    failures: HashMap<Key, (Instant, String)>,
}

/// Makes proxies.
pub struct Proxies {
    tools: Tools,
    cache: Cache,
    unwatched_max: Duration,
    closing: AtomicBool,
    is_h264: OnceLock<bool>,
    state: Mutex<State>,
}

impl Proxies {
    /// Keeps them in `cache`.
    #[must_use]
    pub fn new(tools: Tools, cache: Cache) -> Arc<Self> {
        Self::with_patience(tools, cache, PROXY_UNWATCHED_MAX)
    }

    /// As [`Proxies::new`], with another time after which one without requests is given up.
    #[must_use]
    pub fn with_patience(tools: Tools, cache: Cache, unwatched_max: Duration) -> Arc<Self> {
        let (closing, is_h264, state) = (AtomicBool::new(false), OnceLock::new(), Mutex::default());
        Arc::new(Self { tools, cache, unwatched_max, closing, is_h264, state })
    }

    /// The cache.
    #[must_use]
    pub const fn cache(&self) -> &Cache {
        &self.cache
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a proxy: begins to make it where none is there and no other is being made.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] without ffmpeg; for a while, why it could not be made.
    pub fn ask(self: &Arc<Self>, key: &Key, media: &File, duration_ns: Option<i64>) -> Result<ProxyState> {
        if let Some((file, bytes)) = self.cache.open(key) {
            let content_type = if is_webm(&file) { "video/webm" } else { "video/mp4" };
            return Ok(ProxyState::Ready { file, bytes, content_type });
        }
        self.tools.ffmpeg()?;
        let mut state = self.lock();
        if let Some(current) = &mut state.current {
            if current.key != *key {
                return Ok(ProxyState::Waiting);
            }
            current.asked = Instant::now();
            let total = current.duration_ns.filter(|d| *d > 0);
            let share = total.map(|d| i128::from(current.done_ns) * 1_000 / i128::from(d));
            let done_per_mille = share.map(|s| u32::try_from(s).unwrap_or(0).min(999));
            return Ok(ProxyState::Making { done_per_mille });
        }
        if let Some((when, why)) = state.failures.get(key) {
            if when.elapsed() < FAILURE_LASTS {
                return Err(Error::new(ErrorKind::NotFound, why.clone()));
            }
            state.failures.remove(key);
        }
        let media = media.try_clone().map_err(|e| Error::io("handing a media file on", e))?;
        let current = ProxyJob { key: key.clone(), asked: Instant::now(), done_ns: 0, duration_ns };
        state.current = Some(current);
        drop(state);
        let (this, own_key) = (Arc::clone(self), key.clone());
        let begun =
            std::thread::Builder::new().name("proxy".to_owned()).spawn(move || this.work(&own_key, &media));
        if let Err(e) = begun {
            self.lock().current = None;
            return Err(Error::new(ErrorKind::Busy, format!("no thread could be started: {e}"))
                .mend("ask again later"));
        }
        Ok(ProxyState::Making { done_per_mille: duration_ns.map(|_| 0) })
    }

    fn work(&self, key: &Key, media: &File) {
        let made = self.make(key, media);
        if let (Err(_), Ok(part)) = (&made, self.cache.part(key)) {
            // What is left is removed by the next process.
            let _ = std::fs::remove_file(part);
        }
        let mut state = self.lock();
        state.current = None;
        match made {
            Err(error) if error.kind() != ErrorKind::Cancelled => {
                tracing::warn!(%error, "a proxy could not be made");
                if state.failures.len() >= FAILURES_MAX {
                    state.failures.clear();
                }
                state.failures.insert(key.clone(), (Instant::now(), error.to_string()));
            }
            _ => {}
        }
    }

    fn make(&self, key: &Key, media: &File) -> Result<()> {
        let program = self.tools.ffmpeg()?;
        let part = self.cache.part(key)?;
        let is_h264 = *self.is_h264.get_or_init(|| has_x264(program));
        let mut before = words("-hide_banner -nostats -nostdin -loglevel error -y -threads");
        before.push(threads().to_string().into());
        let mut after = words("-map 0:V:0? -map 0:a:0? -sn -dn -map_metadata -1 -map_chapters -1 -vf");
        let high = format!("trunc(min({PROXY_HEIGHT_MAX},ih)/2)*2");
        after.push(format!("scale=w='trunc(({high})*dar/2)*2':h='{high}',setsar=1,format=yuv420p").into());
        after.extend(words(if is_h264 {
            "-c:v libx264 -preset veryfast -crf 23 -g 48 -c:a aac -ac 2 -b:a 128k -movflags +faststart -f mp4"
        } else {
            "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 2M -c:a libvorbis -ac 2 -f webm"
        }));
        let mut to = std::ffi::OsString::from("file:");
        to.push(&part);
        after.push(to);
        after.extend(words("-progress pipe:1"));
        // Options that count for all come in front.
        after.rotate_right(2);
        let job = Job {
            program,
            before,
            media,
            after,
            time_max: PROXY_TIME_MAX,
            file_bytes_max: Some(PROXY_BYTES_MAX),
        };
        let stop = || {
            let asked = self.lock().current.as_ref().map(|c| c.asked.elapsed());
            self.closing.load(Ordering::Relaxed) || asked.is_none_or(|a| a > self.unwatched_max)
        };
        let mut rest = String::new();
        let mut read = |piece: &[u8]| {
            rest.push_str(&String::from_utf8_lossy(piece));
            while let Some((line, behind)) = rest.split_once('\n') {
                let micros = line.strip_prefix("out_time_us=").and_then(|t| t.trim().parse::<i64>().ok());
                let behind = behind.to_owned();
                if let (Some(micros), Some(current)) = (micros, &mut self.lock().current) {
                    current.done_ns = micros.max(0).saturating_mul(1_000);
                }
                rest = behind;
            }
            Ok(())
        };
        job.run(&stop, &mut read, &mut |_| {}).map_err(crate::picture::of_the_file)?;
        self.cache.keep(key)
    }

    /// Gives up what is being made and waits until ffmpeg is gone.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let began = Instant::now();
        while self.lock().current.is_some() && began.elapsed() < CLOSE_MAX {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// WebM begins as every Matroska file does.
fn is_webm(mut file: &File) -> bool {
    use std::io::{Read, Seek};
    let mut head = [0; 4];
    let read = file.read_exact(&mut head);
    let _ = file.rewind();
    read.is_ok() && head == [0x1a, 0x45, 0xdf, 0xa3]
}

fn has_x264(program: &Path) -> bool {
    let asked = Command::new(program).args(["-hide_banner", "-encoders"]).output();
    asked.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains(" libx264 "))
}
