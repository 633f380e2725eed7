//! Links between operations: what an answer gives, and where it is asked for next.

use serde_json::{Value, json};

/// A link: from which operation, its name, to which operation, and the parameter (`path.id`) or the field of the body
/// (`#/asset_id`) that takes the value found at an expression.
const LINKS: [(&str, &str, &str, &str, &str); 27] = [
    ("open_run", "Run", "get_run", "path.id", "$response.body#/run"),
    ("open_run", "AppendToRun", "append_run", "path.id", "$response.body#/run"),
    ("open_run", "CommitRun", "commit_run", "path.id", "$response.body#/run"),
    ("open_run", "AbortRun", "abort_run", "path.id", "$response.body#/run"),
    ("open_run", "RestoreRun", "restore_run", "path.id", "$response.body#/run"),
    ("open_run", "ShowRun", "set_visibility", "path.id", "$response.body#/run"),
    ("open_run", "PinRun", "search", "#/runs/0", "$response.body#/run"),
    ("list_runs", "NextRuns", "list_runs", "query.after", "$response.body#/next"),
    ("list_runs", "FirstRun", "get_run", "path.id", "$response.body#/runs/0/run"),
    ("list_assets", "NextAssets", "list_assets", "query.after", "$response.body#/next"),
    ("list_assets", "FirstAsset", "get_asset", "path.id", "$response.body#/assets/0/asset_id"),
    ("list_assets", "Buckets", "buckets", "path.asset", "$response.body#/assets/0/asset_id"),
    ("list_assets", "Lines", "export_annotations", "query.asset", "$response.body#/assets/0/asset_id"),
    ("list_assets", "Run", "open_run", "#/asset_id", "$response.body#/assets/0/asset_id"),
    ("list_assets", "Media", "media", "path.asset", "$response.body#/assets/0/asset_id"),
    ("list_assets", "SignedMedia", "sign_media_links", "path.asset", "$response.body#/assets/0/asset_id"),
    ("list_models", "Run", "open_run", "#/model", "$response.body#/models/0/model"),
    ("make_bin", "Bin", "get_bin", "path.id", "$response.body#/bin"),
    ("make_bin", "ChangeBin", "change_bin", "path.id", "$response.body#/bin"),
    ("make_bin", "RemoveBin", "remove_bin", "path.id", "$response.body#/bin"),
    ("make_bin", "ExportBin", "export_bin", "path.id", "$response.body#/bin"),
    ("create_token", "Revoke", "revoke_token", "path.name", "$response.body#/name"),
    ("create_token", "LogIn", "log_in", "#/token", "$response.body#/secret"),
    ("list_tokens", "Revoke", "revoke_token", "path.name", "$response.body#/tokens/0/name"),
    ("search", "Buckets", "buckets", "path.asset", "$response.body#/moments/0/asset_id"),
    ("search", "Moment", "get_asset", "path.id", "$response.body#/moments/0/asset_id"),
    ("search", "Frame", "frame", "path.asset", "$response.body#/moments/0/asset_id"),
];

pub(super) fn apply(document: &mut Value) {
    super::each_operation(document, |_, operation| {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        for (_, name, to, takes, expression) in LINKS.iter().filter(|(from, ..)| *from == id) {
            let mut link = json!({"operationId": to});
            match takes.strip_prefix('#') {
                // An answer gives one field; the rest of the body is the caller's.
                Some(field) => link["x-body"] = json!({field: expression}),
                None => link["parameters"] = json!({*takes: expression}),
            }
            operation["responses"]["200"]["links"][*name] = link;
        }
    });
}
