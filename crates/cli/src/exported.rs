//! Files for other programs: asked of the server, written to standard output, with what is not in them.

use axum::http::Method;

use crate::args::ExportOptions;
use crate::client::{Client, Payload, encode};
use crate::exit::Outcome;
use crate::output::{self, plural};

/// Writes moments as a file, and says what is not in it.
pub fn write(
    client: &Client,
    method: Method,
    path: &str,
    payload: Payload,
    format: &str,
    options: &ExportOptions,
) -> Outcome {
    let parameters = options.parameters(format);
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let reply = client.send(method, &format!("{path}?{}", query.join("&")), payload)?;
    if !reply.status.is_success() {
        return reply.json().map(|_| ());
    }
    output::bytes(&reply.body)?;
    let header = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok());
    let count = |name: &str| header(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    if let Some(why) = header("x-rushes-left-out-why") {
        output::warn(&format!("{} written; left out: {why}", plural(count("x-rushes-written"), "moment")));
    }
    if let Some(notes) = header("x-rushes-notes") {
        output::warn(&format!("note: {notes}"));
    }
    let renamed = count("x-rushes-reels-renamed");
    if renamed > 0 {
        output::warn(&format!("note: {} renamed; the list's last lines say how", plural(renamed, "reel")));
    }
    Ok(())
}
