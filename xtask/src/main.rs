//! Chores of the project.

mod irregular;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((chore, rest)) if chore == "irregular-forms" => irregular::run(rest),
        _ => anyhow::bail!("no such chore, write `cargo xtask irregular-forms PATH/lemma_lu.csv.gz`"),
    }
}
