//! `rushes config check`: what is configured, where each value comes from, and what is wrong.

use serde_json::{Value, json};

use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::settings::{SETTINGS, variable_name};

/// Runs the command.
pub fn check(config: &Config, json_output: bool) -> Outcome {
    if json_output {
        output::json(&document(config)?)?;
    } else {
        print(config)?;
    }
    if config.problems.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

fn document(config: &Config) -> Outcome<Value> {
    let mut settings = Vec::new();
    for (setting, origin) in SETTINGS.iter().zip(&config.origins) {
        settings.push(json!({
            "key": setting.key, "value": serde_json::to_value((setting.get)(&config.settings))?,
            "origin": origin.to_string(), "variable": variable_name(setting), "what": setting.what,
        }));
    }
    Ok(json!({
        "archive": config.dir, "archive_origin": config.dir_origin.to_string(),
        "server": config.server.as_ref().map(|(url, _)| url),
        "file": config.path, "file_found": config.file_found, "engines": config.engines.choice().to_string(),
        "encoders": config.encoders.0.names().collect::<Vec<_>>(), "settings": settings, "problems": config.problems,
    }))
}

fn print(config: &Config) -> Outcome {
    output::line(&format!("archive  `{}` ({})", config.dir.display(), config.dir_origin));
    if let Some((url, origin)) = &config.server {
        output::line(&format!("server   {url} ({origin})"));
    }
    let found = if config.file_found { "" } else { " (not there)" };
    output::line(&format!("file     `{}`{found}", config.path.display()));
    output::line(&format!("engines  {}", config.engines.choice()));
    output::line(&format!("encoders {}", config.encoders.0.names().collect::<Vec<_>>().join(", ")));
    output::line("");
    let mut rows = vec![["setting", "value", "from", "what it is"].map(str::to_owned).to_vec()];
    for (setting, origin) in SETTINGS.iter().zip(&config.origins) {
        let value = (setting.get)(&config.settings).to_string();
        rows.push(vec![setting.key.to_owned(), value, origin.to_string(), setting.what.to_owned()]);
    }
    output::table(&rows);
    for problem in &config.problems {
        output::warn(&format!("wrong: {problem}"));
    }
    Ok(())
}
