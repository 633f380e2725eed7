//! Progress on standard error: bars where a person watches, nothing where none does.

use std::time::Duration;

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

/// Shows progress of work in this process, and stops it at Ctrl-C.
pub struct Watch {
    bar: Bar,
    _interrupt_guard: InterruptGuard,
}

impl Watch {
    /// The work begins.
    pub fn begin(quiet: bool) -> Self {
        Self { bar: Bar::steps(Some(0), quiet), _interrupt_guard: InterruptGuard::begin() }
    }
}

impl Progress for Watch {
    fn set(&self, what: &str, done: u64, total: Option<u64>) {
        self.bar.say(what);
        self.bar.set(done, total);
    }

    fn cancelled(&self) -> bool {
        interrupt::is_asked()
    }
}
