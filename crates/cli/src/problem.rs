//! Problem documents (RFC 9457), as one clear line.

use anyhow::anyhow;
use axum::http::StatusCode;
use serde_json::Value;

use crate::exit::Failure;

/// The failure that a problem document tells of.
pub fn failure(status: StatusCode, body: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if problem.is_null() {
        return Failure::Failed(anyhow!("the server answered {status} and no reason"));
    }
    Failure::Failed(anyhow!(message(&problem)))
}

/// What a problem document says.
#[must_use]
pub fn message(problem: &Value) -> String {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let mut message = text("detail").or(text("title")).unwrap_or("the server gave no reason").to_owned();
    if let Some(pointer) = text("pointer")
        && !message.contains(pointer)
    {
        message.push_str(&format!(" (at `{pointer}`)"));
    }
    // Most details say the mend themselves, behind a semicolon.
    if let Some(mend) = text("mend")
        && !message.contains(';')
    {
        message.push_str(&format!("; {mend}"));
    }
    let status = problem.get("status").and_then(Value::as_u64).unwrap_or(0);
    if status >= 500
        && let Some(instance) = text("instance")
    {
        message.push_str(&format!(" [{status}, {instance}]"));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_is_one_line_with_field_and_mend() {
        let problem = json!({"detail": "`k` is 0", "pointer": "/all/0/vector/k", "mend": "give 1 or more", "status": 400});
        assert_eq!(message(&problem), "`k` is 0 (at `/all/0/vector/k`); give 1 or more");
        let problem = json!({"detail": "no; do this", "mend": "generic", "status": 500, "instance": "urn:x"});
        assert_eq!(message(&problem), "no; do this [500, urn:x]");
        assert_eq!(failure(StatusCode::BAD_GATEWAY, b"<html>").code(), 1);
    }
}
