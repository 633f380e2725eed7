//! `rushes demo`: a small archive of our own show, asked a handful of telling questions, then served.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rushes_archive::{Archive, OpenOptions};
use rushes_serve::ServeConfig;
use serde_json::{Value, json};

use crate::args::Demo;
use crate::client::Client;
use crate::encoders::Known;
use crate::exit::Outcome;
use crate::interrupt::Orderly;
use crate::lines::{How, Sender};
use crate::output::{self, bold, faint, plural};
use crate::progress::Bar;
use crate::screenplay::{Show, night_ferry, place_vector};
use crate::show;

/// Moments that are printed for each question.
const SHOWN: usize = 4;

/// A question: in words, as it is sent, and what it shows.
struct Question {
    words: &'static str,
    request: Value,
}

/// Runs the command.
pub fn run(args: &Demo, json_output: bool, quiet: bool) -> Outcome {
    let orderly = Orderly::begin();
    let folder =
        tempfile::Builder::new().prefix("rushes-demo-").tempdir().context("making a temporary folder")?;
    crate::exit::remove_at_end(folder.path());
    let done = in_folder(folder.path(), args, json_output, quiet);
    crate::exit::keep_at_end();
    folder.close().context("removing the temporary folder")?;
    drop(orderly);
    done
}

fn in_folder(folder: &Path, args: &Demo, json_output: bool, quiet: bool) -> Outcome {
    let options = OpenOptions { encoders: Arc::new(Known::built_in()?), ..OpenOptions::default() };
    let archive = Archive::open(&folder.join("archive"), options)?;
    let client = Client::of(Arc::clone(&archive))?;
    let show = night_ferry();
    if !json_output {
        output::line(&bold("The Night Ferry, three short episodes of our own"));
        output::line(&format!(
            "{} as models would write them: faces, places, props, shots, speech, scene vectors",
            plural(show.annotations.len() as u64, "annotation")
        ));
    }
    take_in(&client, &show, quiet)?;
    let mut answers = Vec::new();
    for question in questions() {
        let answer = super::search::ask(&client, question.request.clone())?;
        if json_output {
            answers.push(json!({"question": question.words, "request": question.request, "answer": answer}));
        } else {
            print(&question, &answer);
        }
    }
    if json_output {
        output::json(&Value::Array(answers))?;
    }
    if args.no_open {
        return Ok(());
    }
    serve(&archive, folder, quiet)
}

/// Through all three stages, each with its bar.
fn take_in(client: &Client, show: &Show, quiet: bool) -> Outcome {
    let mut sender = Sender::new(client, How { strict: true, dry_run: false });
    let file = sender.file("the demo's screenplay");
    sender.assets(file, lines(&show.assets))?;
    let bar = Bar::steps(Some(show.annotations.len() as u64), quiet);
    bar.say("store");
    for (number, line) in (1..).zip(&show.annotations) {
        sender.line(file, number, line.to_string().as_bytes(), None)?;
        bar.add(1);
    }
    sender.finish()?;
    drop(bar);
    if !super::wait::until_searchable(client, quiet)? {
        output::warn("the later stages are still at work");
    }
    Ok(())
}

fn lines(values: &[Value]) -> Vec<u8> {
    values.iter().flat_map(|v| format!("{v}\n").into_bytes()).collect()
}

fn print(question: &Question, answer: &Value) {
    let plan = answer.get("plan").unwrap_or(&Value::Null);
    output::line("");
    output::line(&bold(question.words));
    output::line(&faint(&format!("  {}", show::plan_in_short(plan))));
    let moments = answer.get("moments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    super::search::print_moments(answer, SHOWN, "  ");
    let total = answer.get("total").and_then(Value::as_u64).unwrap_or(0);
    let shown = moments.len().min(SHOWN) as u64;
    if shown < total {
        output::line(&format!("  {} in all", plural(total, "moment")));
    } else if total == 0 {
        output::line("  no moments");
    }
}

/// Serves until Ctrl-C, at the usual address or, where another program is, at a free one.
fn serve(archive: &Arc<Archive>, folder: &Path, quiet: bool) -> Outcome {
    let mut config = ServeConfig::default();
    if !super::serve::is_free(config.listen) {
        config.listen.set_port(0);
    }
    output::line("");
    output::line(&format!("the archive is in `{}` until the demo ends", folder.join("archive").display()));
    super::serve::until_asked(archive, config, false, quiet)
}

/// The questions, each telling something else about the search.
fn questions() -> Vec<Question> {
    let ask = |words, request| Question { words, request };
    let who = |label: &str| json!({"type": "CHARACTER_SEARCH", "label": label});
    let place = |label: &str| json!({"type": "SCENE_SEARCH", "label": label});
    let said = |phrase: &str| json!({"type": "DIALOGUE_SEARCH", "phrase": phrase});
    vec![
        ask("Free words: Mara in the galley", json!({"q": "Mara in the galley"})),
        ask("Somebody says “could you pass the salt”", json!({"all": [said("could you pass the salt")]})),
        ask(
            "A phrase that runs over three lines of two people",
            json!({"all": [said("pass the salt could you say please please could you")]}),
        ),
        ask(
            "The words of a phrase in another order: slop",
            json!({"all": [{"type": "DIALOGUE_SEARCH", "phrase": "rope the mind", "slop": 4}]}),
        ),
        ask(
            "Any form of “run” or “foot”: ran, feet",
            json!({"any": [
                {"type": "DIALOGUE_SEARCH", "text": "run"}, {"type": "DIALOGUE_SEARCH", "text": "foot"}
            ]}),
        ),
        ask(
            "A typing mistake: “capten” on screen",
            json!({"all": [{"type": "CHARACTER_SEARCH", "text": "capten", "fuzziness": "auto"}], "limit": 2}),
        ),
        ask(
            "Mara is seen, then Captain Brandt within 30 seconds",
            json!({"all": [who("Mara")], "then": [{"all": [who("Captain Brandt")], "within": 30}]}),
        ),
        ask("Joao and the galley: exactly where both are", json!({"all": [who("Joao"), place("galley")]})),
        ask(
            "Joao and the galley: the whole of what met (union)",
            json!({"all": [who("Joao"), place("galley")], "mode": "union"}),
        ),
        ask(
            "Shots that look most like a galley, while Ines is there",
            json!({"all": [who("Ines"), {"type": "SCENE_SEARCH", "model": "frames@1", "vector": {
                "values": place_vector("galley", 1), "metric": "cosine", "k": 3, "exact": true}}]}),
        ),
        ask(
            "Otto's longest appearance of each episode",
            json!({"all": [who("Otto")], "rank_by": "duration", "group_by": ["episode"], "top": 1}),
        ),
    ]
}
