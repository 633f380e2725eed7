//! Progress on standard error: bars where a person watches, nothing where none does.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rushes_archive::Progress;

use crate::interrupt::{self, InterruptGuard};

/// A progress bar, or none.
pub struct Bar(ProgressBar);

/// Several bars, one below the other.
pub struct Bars {
    all: MultiProgress,
    quiet: bool,
}

impl Bars {
    /// No bar yet.
    pub fn new(quiet: bool) -> Self {
        Self { all: MultiProgress::new(), quiet }
    }

    /// One more.
    pub fn add(&self, what: &str) -> Bar {
        let bar = Bar::steps(Some(0), self.quiet);
        bar.say(what);
        if self.quiet { bar } else { Bar(self.all.add(bar.0.clone())) }
    }
}

impl Bar {
    /// A bar that counts bytes of input.
    pub fn bytes(total: u64, quiet: bool) -> Self {
        Self::styled(
            Some(total),
            quiet,
            "{msg:24} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta_precise}",
        )
    }

    /// A bar that counts steps; without a total, a spinner.
    pub fn steps(total: Option<u64>, quiet: bool) -> Self {
        let style = if total.is_some() {
            "{msg:24} {bar:32} {pos}/{len} {eta_precise}"
        } else {
            "{spinner} {msg} {pos}"
        };
        Self::styled(total, quiet, style)
    }

    fn styled(total: Option<u64>, quiet: bool, style: &str) -> Self {
        if quiet {
            return Self(ProgressBar::hidden());
        }
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.progress_chars("━━╌"));
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Says what is being done.
    pub fn say(&self, what: &str) {
        self.0.set_message(rushes_types::printable(what, &[]).into_owned());
    }

    /// How much is done.
    pub fn set(&self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }

    /// Is it not shown?
    pub fn is_hidden(&self) -> bool {
        self.0.is_hidden()
    }

    /// That much more is done.
    pub fn add(&self, more: u64) {
        self.0.inc(more);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

/// How often a line says how far the same step is.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What was said last, and when.
#[derive(Default)]
struct LastLine(Option<(String, Instant)>);

impl LastLine {
    fn say(&mut self, what: &str, done: u64, total: Option<u64>) {
        if self.0.as_ref().is_some_and(|(last, when)| last == what && when.elapsed() < LINE_EVERY) {
            return;
        }
        self.0 = Some((what.to_owned(), Instant::now()));
        let of = total.map_or(String::new(), |total| format!(" of {total}"));
        crate::output::warn(&format!("{what}: {done}{of}"));
    }
}

/// Shows progress of work in this process, and stops it at Ctrl-C.
pub struct Watch {
    bar: Bar,
    /// For work of hours: lines where no bar is shown, so that a log says how far it is.
    lines: Option<Mutex<LastLine>>,
    _interrupt_guard: InterruptGuard,
}

impl Watch {
    /// The work begins.
    pub fn begin(quiet: bool) -> Self {
        Self { bar: Bar::steps(Some(0), quiet), lines: None, _interrupt_guard: InterruptGuard::begin() }
    }

    /// Work begins that may take hours.
    pub fn begin_long(quiet: bool) -> Self {
        let watch = Self::begin(quiet);
        let lines = (!quiet && watch.bar.is_hidden()).then(Mutex::default);
        Self { lines, ..watch }
    }
}

impl Progress for Watch {
    fn set(&self, what: &str, done: u64, total: Option<u64>) {
        self.bar.say(what);
        self.bar.set(done, total);
        if let Some(lines) = &self.lines {
            lines.lock().unwrap_or_else(PoisonError::into_inner).say(what, done, total);
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::is_asked()
    }
}
