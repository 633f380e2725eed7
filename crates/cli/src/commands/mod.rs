//! The commands, one file for each.

mod annotate;
mod audit;
mod backup;
mod bench;
mod bins;
mod buckets;
mod chat;
mod config;
mod demo;
mod demo_questions;
mod doctor;
pub mod encode;
mod erase;
mod events;
mod export;
mod feedback;
mod footage;
mod foreign;
mod ingest;
mod ingest_options;
mod inputs;
mod intake;
mod long;
mod mapping;
mod mcp;
mod migrate;
mod profile;
mod questions;
mod ranking;
mod registry;
mod run;
mod search;
mod serve;
mod status;
mod token;
mod wait;

use rushes_learn::simulate::SimulationOptions;
use rushes_serve::SchemaOf;

use crate::args::{Command, Global, MappingCommand, RankingCommand, SchemaArg};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output;

/// Runs a command.
pub fn run(config: Config, global: &Global, command: Command) -> Outcome {
    let (json, quiet) = (global.json, global.quiet);
    if let Command::Config(_) = command {
        return config::check(&config, json);
    }
    match command {
        Command::Demo(args) => demo::run(&args, json, quiet),
        Command::Schema { what } => output::json(&schema(what)?),
        Command::Bench(args) if args.engines => bench::engines(&args, &config.checked()?, json, quiet),
        Command::Bench(args) => bench::run(&args, json, quiet),
        Command::Mapping(MappingCommand::Suggest { file }) => mapping::suggest(&file),
        Command::Ranking(RankingCommand::Simulate { seed, tastes, picture }) => {
            let options = SimulationOptions { seed, tastes: usize::from(tastes) };
            ranking::run_simulation(options, picture.as_deref(), json)
        }
        Command::Questions { file, lexicon } => questions::run(file.as_deref(), lexicon.as_deref(), json),
        other => with_archive(config.checked()?, json, quiet, other),
    }
}

fn with_archive(config: Config, json: bool, quiet: bool, command: Command) -> Outcome {
    match command {
        Command::Serve(args) => serve::run(config, &args, quiet),
        Command::Ingest(args) => ingest::run(&config, args, json, quiet),
        Command::Annotate(args) => annotate::run(&config, &args, json, quiet),
        Command::Encode(args) => encode::run(&config, &args, json, quiet),
        Command::Search(args) => search::run(&config, &args, json, quiet),
        Command::Suggest { typed, limit } => search::suggest(&config, &typed.join(" "), limit, json, quiet),
        Command::Chat { limit, said } => chat::run(&config, &said, limit, json, quiet),
        Command::Mcp => mcp::run(&config, quiet),
        Command::Buckets(args) => buckets::run(&config, &args, json, quiet),
        Command::Status => status::run(&config, json),
        Command::Verify { quick } => long::verify(&config, quick, json, quiet),
        Command::Doctor(args) => doctor::run(&config, &args, json, quiet),
        Command::Rebuild { online: true, .. } => long::reindex(&config, json, quiet),
        Command::Rebuild { index, .. } => long::rebuild(&config, index, json, quiet),
        Command::Backup(args) => backup::backup(&config, &args, json, quiet),
        Command::Restore(args) => backup::restore(&config, &args, json, quiet),
        Command::Events(command) => events::run(&config, &command, json),
        Command::Migrate(args) => migrate::run(&config, &args, json, quiet),
        Command::Purge => long::purge(&config, json, quiet),
        Command::Erase(args) => erase::run(&config, &args, json),
        Command::Export { asset, movie, .. } => export::run(&config, asset.as_deref(), movie.as_deref()),
        Command::Asset(command) => registry::assets(&config, &command, json),
        Command::Model(command) => registry::models(&config, &command, json),
        Command::Label(command) => registry::labels(&config, &command, json),
        Command::Bin(command) => bins::run(&config, &command, json),
        Command::Run(command) => run::run(&config, &command, json),
        Command::Feedback(command) => feedback::run(&config, &command, json),
        Command::Profile(command) => profile::run(&config, &command, json),
        Command::Ranking(command) => ranking::run(&config, &command, json),
        Command::Token(command) => token::run(&config, &command, json),
        Command::Audit { verify: true, .. } => audit::verify(&config, json),
        Command::Audit { from, to, .. } => audit::print(&config, from.as_deref(), to.as_deref()),
        // Done above, without an archive.
        Command::Demo(_)
        | Command::Schema { .. }
        | Command::Questions { .. }
        | Command::Bench(_)
        | Command::Mapping(_)
        | Command::Config(_) => Ok(()),
    }
}

/// `rushes schema …`
fn schema(what: SchemaArg) -> Outcome<serde_json::Value> {
    let of = match what {
        SchemaArg::Openapi => return Ok(rushes_serve::openapi()),
        SchemaArg::Annotation => SchemaOf::Annotation,
        SchemaArg::Asset => SchemaOf::Asset,
        SchemaArg::Model => SchemaOf::Model,
        SchemaArg::Label => SchemaOf::Label,
        SchemaArg::Plan => SchemaOf::Plan,
    };
    Ok(rushes_serve::json_schema(of))
}
