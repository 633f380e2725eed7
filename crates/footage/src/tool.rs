//! Running ffmpeg and ffprobe: without a shell, with limits, on an open file instead of a path.
//!
//! Media come from anywhere, and a demuxer is a large piece of C. So a tool gets: the file as its standard input,
//! already opened and checked by us (no path that could be read as an option, or lead elsewhere a moment later);
//! the `file` protocol only; only demuxers of real containers (a playlist named `.mp4` would make ffmpeg open
//! whatever it names); an empty environment; a limit on memory and on time; and a process group of its own, which is
//! killed as a whole.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::limits::{TOOL_COMPLAINT_BYTES_MAX, TOOL_MEMORY_BYTES_MAX, TOOL_THREADS_MAX};

/// Demuxers that read one file and nothing beside it.
const DEMUXERS: &str = "mov,matroska,avi,mpegts,mpeg,mpegvideo,mxf,ogg,flv,asf,dv,gxf,nut,rm,ivf,obu,h264,hevc,m4v,\
                        wav,w64,aiff,caf,mp3,flac,aac,ac3,eac3,srt,webvtt,ass,yuv4mpegpipe,3dostr,wtv,lxf,vc1,av1";
/// How often a running tool is checked.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Asked while a tool runs: should it stop?
pub type ShouldStop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Where the tools are.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    ffmpeg: Option<PathBuf>,
    ffprobe: Option<PathBuf>,
    as_they_come: std::sync::OnceLock<&'static str>,
}

impl Tools {
    /// Looks for them where the environment says programs are.
    #[must_use]
    pub fn find() -> Self {
        std::env::var_os("PATH").map(|folders| Self::find_in(&folders)).unwrap_or_default()
    }

    /// Looks for them in a list of folders, as `PATH` is one. Relative folders are left out: what lies in the
    /// current folder is not run.
    #[must_use]
    pub fn find_in(folders: &OsStr) -> Self {
        let find = |name: &str| {
            std::env::split_paths(folders)
                .filter(|f| f.is_absolute())
                .map(|f| f.join(name))
                .find(|p| p.is_file())
        };
        Self { ffmpeg: find("ffmpeg"), ffprobe: find("ffprobe"), ..Self::default() }
    }

    /// The program ffmpeg.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where it is not installed.
    pub fn ffmpeg(&self) -> Result<&Path> {
        self.ffmpeg.as_deref().ok_or_else(|| missing("ffmpeg"))
    }

    /// The program ffprobe.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where it is not installed.
    pub fn ffprobe(&self) -> Result<&Path> {
        self.ffprobe.as_deref().ok_or_else(|| missing("ffprobe"))
    }

    /// The option that takes frames as they come, none doubled or dropped. It had another name before FFmpeg 5.1.
    pub(crate) fn as_they_come(&self) -> &'static str {
        self.as_they_come.get_or_init(|| {
            let asked = self.ffmpeg.as_deref().and_then(|p| Command::new(p).arg("-version").output().ok());
            let said = asked.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
            if is_before_5_1(&said) { "-vsync passthrough" } else { "-fps_mode passthrough" }
        })
    }
}

/// Reads `ffmpeg version 4.4.2-…`; versions that name no number are of the newest source.
fn is_before_5_1(said: &str) -> bool {
    let version = said.strip_prefix("ffmpeg version ").unwrap_or_default();
    let mut numbers = version.split(['.', '-', ' ']).map_while(|n| n.parse::<u32>().ok());
    numbers.next().is_some_and(|major| (major, numbers.next().unwrap_or(0)) < (5, 1))
}

fn missing(name: &str) -> Error {
    let mend = "install FFmpeg and run this again";
    Error::new(ErrorKind::Unsupported, format!("`{name}` is not installed on this machine")).mend(mend)
}

/// One run of a tool.
pub(crate) struct Job<'a> {
    pub program: &'a Path,
    /// Arguments before the input, except those common to all runs.
    pub before: Vec<OsString>,
    /// The media file, opened for reading.
    pub media: &'a File,
    /// Arguments after the input.
    pub after: Vec<OsString>,
    pub time_max: Duration,
    /// Largest file that the tool may write, in bytes.
    pub file_bytes_max: Option<u64>,
}

/// Why a tool was ended before its time.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum StopReason {
    No = 0,
    Stopped = 1,
    TooLong = 2,
}

/// Words as arguments.
pub(crate) fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

/// How many threads a tool may use.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).min(TOOL_THREADS_MAX)
}

impl Job<'_> {
    fn spawn(&self) -> Result<Child> {
        let name = self.program.display();
        let media = self.media.try_clone().map_err(|e| Error::io("handing a media file on", e))?;
        let mut command = Command::new(self.program);
        command.args(&self.before);
        command.args(["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS]);
        command.args(["-i", "file:/dev/stdin"]);
        command.args(&self.after).env_clear().env("LC_ALL", "C").env("MALLOC_ARENA_MAX", "2");
        command.stdin(Stdio::from(media)).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command
            .spawn()
            .map_err(|e| Error::new(ErrorKind::Unsupported, format!("`{name}` cannot be started: {e}")))?;
        if let Some(pid) = pid(&child) {
            limit(pid, self.file_bytes_max);
        }
        Ok(child)
    }

    /// Runs the tool to its end; hands on what it prints, and each line that it complains with.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with the tool's last complaint where it fails, [`ErrorKind::Cancelled`] where `stop`
    /// says so, [`ErrorKind::Unavailable`] where it takes too long; what `each` answers ends it at once.
    pub fn run(
        &self,
        stop: ShouldStop<'_>,
        each: &mut dyn FnMut(&[u8]) -> Result<()>,
        complaint: &mut (dyn FnMut(&str) + Send),
    ) -> Result<()> {
        let mut child = self.spawn()?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Error::bug("a tool was started without its pipes"));
        };
        let id = pid(&child).ok_or_else(|| Error::bug("a tool has no process id"))?;
        let (over, ended) = (AtomicBool::new(false), AtomicU8::new(StopReason::No as u8));
        let began = Instant::now();
        let mut last = String::new();
        let read = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    let why = if stop() {
                        StopReason::Stopped
                    } else if began.elapsed() > self.time_max {
                        StopReason::TooLong
                    } else {
                        std::thread::sleep(LOOK_EVERY);
                        continue;
                    };
                    ended.store(why as u8, Ordering::Release);
                    kill(id);
                    return;
                }
            });
            let listener = scope.spawn(|| complaints(stderr, complaint));
            let read = pass_on(stdout, each);
            if read.is_err() {
                kill(id);
            }
            // The process is waited for without reaping, so its process id is not reused and the thread above cannot
            // kill another process.
            let _ = waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            over.store(true, Ordering::Release);
            last = listener.join().unwrap_or_default();
            read
        });
        let status = child.wait().map_err(|e| Error::io("waiting for a tool", e))?;
        match ended.load(Ordering::Acquire) {
            n if n == StopReason::Stopped as u8 => {
                return Err(Error::new(ErrorKind::Cancelled, "it was asked to stop"));
            }
            n if n == StopReason::TooLong as u8 => {
                let seconds = self.time_max.as_secs();
                let name = name(self.program);
                let message = format!("`{name}` was ended after {seconds} s; the media file may be broken");
                return Err(Error::new(ErrorKind::Unavailable, message));
            }
            _ => {}
        }
        read?;
        if status.success() {
            return Ok(());
        }
        let why = if last.is_empty() { status.to_string() } else { last };
        Err(Error::invalid(format!("`{}` cannot read it: {why}", name(self.program))))
    }

    /// Runs the tool and gives what it prints, at most `bytes_max` of it.
    ///
    /// # Errors
    /// As [`Job::run`]; [`ErrorKind::TooLarge`] where it prints more.
    pub fn output(&self, stop: ShouldStop<'_>, bytes_max: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut gather = |piece: &[u8]| {
            if out.len() + piece.len() > bytes_max {
                let message = format!("`{}` prints more than {bytes_max} bytes", name(self.program));
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
            out.extend_from_slice(piece);
            Ok(())
        };
        self.run(stop, &mut gather, &mut |_| {})?;
        Ok(out)
    }
}

fn name(program: &Path) -> std::borrow::Cow<'_, str> {
    program.file_name().unwrap_or_default().to_string_lossy()
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn kill(id: Pid) {
    // It may have ended by itself.
    let _ = kill_process_group(id, Signal::KILL);
}

#[cfg(target_os = "linux")]
fn limit(id: Pid, file_bytes_max: Option<u64>) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let set = |resource, n| {
        let rlimit = Rlimit { current: Some(n), maximum: Some(n) };
        if let Err(error) = prlimit(Some(id), resource, rlimit) {
            tracing::debug!(%error, "a tool runs without one of its limits");
        }
    };
    set(Resource::As, TOOL_MEMORY_BYTES_MAX);
    set(Resource::Core, 0);
    if let Some(bytes) = file_bytes_max {
        set(Resource::Fsize, bytes);
    }
}

/// Elsewhere only time is limited.
#[cfg(not(target_os = "linux"))]
fn limit(_: Pid, _: Option<u64>) {
    let _ = TOOL_MEMORY_BYTES_MAX;
}

fn pass_on(mut from: impl Read, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(n) => each(piece.get(..n).unwrap_or_default())?,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::io("reading what a tool prints", e)),
        }
    }
}

/// Reads the lines of standard error, and gives the last one that says something.
fn complaints(from: impl Read, each: &mut (dyn FnMut(&str) + Send)) -> String {
    let mut reader = BufReader::new(from);
    let (mut line, mut last) = (Vec::new(), String::new());
    loop {
        line.clear();
        // A line without an end must not fill the memory.
        let read = (&mut reader).take(TOOL_COMPLAINT_BYTES_MAX as u64).read_until(b'\n', &mut line);
        if !matches!(read, Ok(n) if n > 0) {
            return last;
        }
        let text = String::from_utf8_lossy(&line);
        each(&text);
        let said: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if !said.is_empty() {
            last = said.replace("file:/dev/stdin: ", "").replace('`', "'");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_before_5_1;

    #[test]
    fn the_version_decides_on_the_name_of_an_option() {
        for (said, wanted) in [
            ("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", true),
            ("ffmpeg version 5.0 Copyright", true),
            ("ffmpeg version 5.1.9-0+deb12u1 Copyright", false),
            ("ffmpeg version 8.0 Copyright", false),
            ("ffmpeg version N-110000-gabc Copyright", false),
            ("", false),
        ] {
            assert_eq!(is_before_5_1(said), wanted, "{said}");
        }
    }
}
