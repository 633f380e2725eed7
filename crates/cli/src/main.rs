//! `rushes`: the command line.
//!
//! What is typed (`args`) is checked against configuration (`config`), then a command calls the server's own routes
//! (`client`), whether a server runs or not, and prints what they answer (`output`, `show`).

mod args;
mod backup_settings;
mod client;
mod commands;
mod config;
mod encoders;
mod exit;
mod exported;
mod hits;
mod interrupt;
mod output;
mod problem;
mod progress;
mod reading;
mod roles;
mod sender;
mod settings;
mod show;
mod tally;
mod upload;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command};
use crate::exit::{Failure, Outcome};

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    log_to_stderr(&cli);
    match run(cli, &matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let message = failure.to_string();
            if !message.is_empty() {
                output::warn(&format!("rushes: {message}"));
            }
            ExitCode::from(failure.code())
        }
    }
}

fn run(cli: Cli, matches: &clap::ArgMatches) -> Outcome {
    interrupt::install().map_err(Failure::from)?;
    let config = config::Config::load(&cli.global, matches)?;
    commands::run(config, &cli.global, cli.command)
}

/// Logs go to standard error: warnings, and what a server does; `RUSHES_LOG` asks for more or less.
fn log_to_stderr(cli: &Cli) {
    let (is_server, json) = match &cli.command {
        Command::Serve(serve) => (true, serve.log_json),
        _ => (false, false),
    };
    let level = if is_server && !cli.global.quiet { "info" } else { "error" };
    // The drivers tell in many words what our own errors say in one sentence.
    let usual = format!("{level},scylla=off,librdkafka=off,rdkafka=off");
    let filter = EnvFilter::try_from_env("RUSHES_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let styled = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || output::LogLines { styled })
        .with_ansi(styled);
    // It can only fail where a logger is set already; none is.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
