//! What a token may not see leaves no trace. Two archives differ only in what a token has no right on; it asks every route
//! of the OpenAPI document, and is answered the same, byte for byte, apart from the fields of `UNLIKE`.
//!
//! A route of the document without a case in `asks` fails the test.

mod asks;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rushes_archive::Right;
use rushes_events::{Delivered, Event, Position, Topic};
use rushes_types::{AssetId, Commit};
use serde_json::{Value, json};

use crate::support::{Answer, Server, request};

use asks::{Ask, cases, line};

/// Fields that differ, and why. Nothing else may.
const UNLIKE: [(&str, &str); 8] = [
    ("took_ms", "a time"),
    ("at_s", "a time"),
    ("bin", "each bin has its own id"),
    ("archive", "each archive has its own id"),
    ("read_point", COMMITS),
    ("last_commit", COMMITS),
    ("commit", COMMITS),
    ("committed", COMMITS),
];
const COMMITS: &str = "commits are numbered over the whole archive: that something is written is not hidden";

/// The one archive has what the tokens may see, the other has more.
struct Twins {
    bare: Server,
    full: Server,
}

/// What both archives hold.
async fn tell_own(server: &Server) {
    let media = server.media_dir().join("film.mp4");
    let asset = json!({"asset_id": "film", "movie_id": "mine", "title": "The Night Ferry", "series": "Ferries",
                       "season": 1, "episode": 2, "frame_rate": "25/1", "path": media});
    server.post("/v1/assets", &asset).await.ok();
    server.post("/v1/assets", &json!({"asset_id": "film2", "movie_id": "mine"})).await.ok();
    let mut lines = String::new();
    for n in 0..4 {
        let said =
            ["I'm starving", "the stars are out tonight", "how are you starving", "a state of the art"];
        let said = said[usize::try_from(n).unwrap()];
        lines += &line("film", "mine", "asr@1", "DIALOGUE_SEARCH", n * 5, &json!({"text": said}));
        lines += &line("film", "mine", "faces@3", "CHARACTER_SEARCH", n * 5, &json!({"label": "Joey"}));
        let vector = [0.5, f64::from(u32::try_from(n).unwrap()) - 0.25];
        let scene = json!({"label": "kitchen", "embedding_vector": vector});
        lines += &line("film2", "mine", "scene-clip@1", "SCENE_SEARCH", n * 5, &scene);
    }
    server.post_lines("/v1/annotations", &lines).await.ok();
    for run in ["own", "own-open"] {
        let open = json!({"run": run, "asset_id": "film", "model": "objects@1"});
        server.post("/v1/runs", &open).await.ok();
        let chair = line("film", "mine", "objects@1", "OBJECT_SEARCH", 1, &json!({"label": "chair"}));
        server.post_lines(&format!("/v1/runs/{run}/annotations"), &chair).await.ok();
    }
    server.post("/v1/runs/own/commit", &json!({})).await.ok();
    let label = json!({"type": "CHARACTER_SEARCH", "label": "Joey", "aliases": ["Joe", "Joseph"]});
    server.post("/v1/labels", &label).await.ok();
}

/// Titles that the tokens may not see: more of the same words, labels, models, and others of each kind.
async fn tell_secret(server: &Server, asset: &str, run: &str) {
    let media = server.media_dir().join(format!("{asset}.mp4"));
    std::fs::write(&media, "secret").unwrap();
    let about = json!({"asset_id": asset, "movie_id": "theirs", "title": "The Secret Voyage", "collection": "Voyages",
                       "series": "Starlight", "season": 3, "episode": 4, "frame_rate": "24/1", "path": media});
    server.post("/v1/assets", &about).await.ok();
    let mut lines = String::new();
    for n in 0..40 {
        let said = json!({"text": "starving starfish stay in the state, starving"});
        lines += &line(asset, "theirs", "asr@1", "DIALOGUE_SEARCH", n, &said);
        lines += &line(asset, "theirs", "faces@3", "CHARACTER_SEARCH", n, &json!({"label": "Joanna"}));
        lines += &line(asset, "theirs", "faces@3", "CHARACTER_SEARCH", n, &json!({"label": "kitchen"}));
        let scene = json!({"label": "kitchens", "embedding_vector": [0.5, 0.5]});
        lines += &line(asset, "theirs", "secret-clip@1", "SCENE_SEARCH", n, &scene);
        lines += &line(asset, "theirs", "scene-clip@1", "SCENE_SEARCH", n, &scene);
        lines += &line(asset, "theirs", "objects@1", "OBJECT_SEARCH", n, &json!({"label": "starfish"}));
    }
    server.post_lines("/v1/annotations", &lines).await.ok();
    let open = json!({"run": run, "asset_id": asset, "model": "secret-objects@1"});
    server.post("/v1/runs", &open).await.ok();
    let label = json!([{"type": "CHARACTER_SEARCH", "label": "Joanna", "aliases": ["Phantom", "Josephine"]},
                       {"type": "OBJECT_SEARCH", "label": "Ghost", "aliases": ["chairs"]},
                       {"type": "DIALOGUE_SEARCH", "label": "Whisper", "aliases": ["Murmur"]}]);
    server.post("/v1/labels", &label).await.ok();
    server.post("/v1/models", &json!({"model": "unused@1", "types": ["SHOT"]})).await.ok();
}

impl Twins {
    async fn new() -> Self {
        let (bare, full) = (Server::new(), Server::new());
        tell_secret(&full, "aaa", "aaa-run").await;
        for server in [&bare, &full] {
            // One file in both folders: its tag is then the same.
            let media = server.media_dir().join("film.mp4");
            if std::ptr::eq(server, &bare) {
                std::fs::write(&media, "0123456789").unwrap();
            } else {
                std::fs::hard_link(bare.media_dir().join("film.mp4"), &media).unwrap();
            }
            tell_own(server).await;
        }
        tell_secret(&full, "secret", "secret-open").await;
        let open = json!({"run": "secret-run", "asset_id": "secret", "model": "faces@3"});
        full.post("/v1/runs", &open).await.ok();
        full.post("/v1/runs/secret-run/commit", &json!({})).await.ok();
        full.token("others", &[Right::Admin], Some(&["theirs"]));
        let event = Delivered {
            position: Position { partition: 0, offset: 7 },
            event: Event::Asset { asset: AssetId::new("secret").unwrap(), commit: Commit(3) },
        };
        let events = &full.archive.engines().events;
        events.put_dead_letter(Topic::Fused, "index", &event, "the secret asset is broken").unwrap();
        for server in [&bare, &full] {
            server.post("/v1/erase", &json!({"target": "asset", "asset_id": "never"})).await;
            server.settle();
        }
        Self { bare, full }
    }

    /// A token of the same name and rights in both archives; its secrets.
    fn token(&self, name: &str, rights: &[Right]) -> [String; 2] {
        [&self.bare, &self.full].map(|server| server.token(name, rights, Some(&["mine"])))
    }

    /// Asks both; the answers without what is unlike.
    async fn ask(&self, secrets: &[String; 2], ask: &Ask) -> [Plain; 2] {
        let bare = Plain::of(&self.bare, &send(&self.bare, &secrets[0], ask, 0).await);
        let full = Plain::of(&self.full, &send(&self.full, &secrets[1], ask, 1).await);
        [bare, full]
    }
}

async fn send(server: &Server, secret: &str, ask: &Ask, twin: usize) -> Answer {
    let bearer = format!("Bearer {secret}");
    let headers = [
        ("host", "localhost:7890"),
        ("authorization", bearer.as_str()),
        ("content-type", ask.content_type),
        ("x-request-id", "same"),
    ];
    let mut body = ask.body.clone();
    if let Some(cursors) = &ask.cursors {
        let mut plan: Value = serde_json::from_str(&body).unwrap();
        plan["cursor"] = json!(cursors[twin]);
        body = plan.to_string();
    }
    server.remote(request(ask.method.clone(), &ask.path, &headers, body)).await
}

/// An answer without what is unlike.
#[derive(Debug, PartialEq)]
struct Plain {
    status: u16,
    headers: String,
    body: String,
    cursor: Option<String>,
}

impl Plain {
    fn of(server: &Server, answer: &Answer) -> Self {
        let text = String::from_utf8_lossy(&answer.bytes).replace(server.dir.path().to_str().unwrap(), "DIR");
        let mut cursor = None;
        let body: Vec<String> =
            text.split_inclusive('\n').map(|line| plain_line(line, &mut cursor)).collect();
        let (body, status) = (body.concat(), answer.status.as_u16());
        Self {
            status,
            headers: plain_headers(&answer.headers),
            body,
            cursor: cursor.map(|()| next_cursor(&text)),
        }
    }

    /// Equal apart from what a cursor holds of the read point.
    fn is_like(&self, other: &Self) -> bool {
        (self.status, &self.headers, &self.body) == (other.status, &other.headers, &other.body)
    }
}

fn next_cursor(text: &str) -> String {
    let answer: Value = serde_json::from_str(text).unwrap();
    answer["next_cursor"].as_str().unwrap().to_owned()
}

fn plain_headers(headers: &HeaderMap) -> String {
    // The length of a masked body says nothing.
    let kept = headers.iter().filter(|(name, _)| *name != "content-length");
    kept.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or("?"))).collect()
}

fn plain_line(line: &str, cursor: &mut Option<()>) -> String {
    match serde_json::from_str::<Value>(line) {
        Ok(mut value) => {
            mask(&mut value, cursor);
            format!("{value}\n")
        }
        Err(_) => line.to_owned(),
    }
}

fn mask(value: &mut Value, cursor: &mut Option<()>) {
    match value {
        Value::Object(fields) => {
            for (name, _) in UNLIKE {
                if let Some(field) = fields.get_mut(name).filter(|field| !field.is_null()) {
                    *field = json!("unlike");
                }
            }
            // So are runs that are not named by who opens them.
            for name in ["run", "next"] {
                if let Some(Value::String(run)) = fields.get_mut(name)
                    && run.strip_prefix("run-").is_some_and(|no| no.parse::<u64>().is_ok())
                {
                    *run = "unlike".to_owned();
                }
            }
            if let Some(Value::String(next)) = fields.get_mut("next_cursor") {
                let bytes = URL_SAFE_NO_PAD.decode(&*next).unwrap();
                let mut held: Value = serde_json::from_slice(&bytes).unwrap();
                held["r"] = json!("unlike");
                *next = held.to_string();
                *cursor = Some(());
            }
            fields.values_mut().for_each(|field| mask(field, cursor));
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| mask(element, cursor)),
        _ => {}
    }
}

/// Asks everything as one token, a second page where there is one; says what differs.
async fn differences(twins: &Twins, name: &str, secrets: &[String; 2], asks: &[Ask]) -> Vec<String> {
    let mut found = Vec::new();
    for ask in asks {
        let mut ask = ask.clone();
        loop {
            let [bare, full] = twins.ask(secrets, &ask).await;
            if !bare.is_like(&full) {
                found.push(format!(
                    "{name}: {} {} {}\n{}",
                    ask.method,
                    ask.path,
                    ask.body,
                    apart(&bare, &full)
                ));
            }
            match (bare.cursor, full.cursor) {
                (Some(bare), Some(full)) if ask.cursors.is_none() => ask.cursors = Some([bare, full]),
                _ => break,
            }
        }
    }
    found
}

/// Where two answers part.
fn apart(bare: &Plain, full: &Plain) -> String {
    let (a, b) = (format!("{bare:?}"), format!("{full:?}"));
    let same = a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map_or(0, |((at, _), _)| at);
    let piece = |text: &str| {
        text.get(same.saturating_sub(120)..).unwrap_or(text).chars().take(260).collect::<String>()
    };
    format!("    {}\n    {}", piece(&a), piece(&b))
}

#[tokio::test]
async fn what_a_token_may_not_see_leaves_no_trace_in_any_answer() {
    let twins = Twins::new().await;
    let document = serde_json::to_value(rushes_serve::openapi()).unwrap();
    let (mut reading, mut writing, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            let reads = method == "GET" || ["/v1/search", "/v1/plan", "/v1/export"].contains(&path.as_str());
            match cases(&method, path) {
                Some(asks) if reads => reading.extend(asks),
                Some(asks) => writing.extend(asks),
                None => missing.push(format!("{method} {path}")),
            }
        }
    }
    assert!(missing.is_empty(), "routes without a case: {missing:#?}");
    let tokens = [
        ("reader", vec![Right::Read]),
        ("writer", vec![Right::Read, Right::Ingest]),
        ("owner", vec![Right::Admin]),
    ]
    .map(|(name, rights)| (name, twins.token(name, &rights)));
    let mut found = Vec::new();
    for (name, secrets) in &tokens {
        found.extend(differences(&twins, name, secrets, &reading).await);
        found.extend(differences(&twins, name, secrets, &writing).await);
        [&twins.bare, &twins.full].iter().for_each(|server| server.settle());
    }
    // What they wrote shows no more of the others than what was there before.
    found.extend(differences(&twins, "reader", &tokens[0].1, &reading).await);
    assert!(found.is_empty(), "{} answers differ:\n{}", found.len(), found.join("\n"));
}

/// A search of a limited token is taken or refused whatever others' titles hold of its words: neither the estimate of its
/// cost nor what it holds while it runs counts them.
#[tokio::test]
async fn whether_a_search_is_refused_does_not_depend_on_what_others_say() {
    let servers = [0, 1]
        .map(|_| Server::searching(|limits| (limits.memory_bytes_max, limits.cpu_ms_max) = (20_000, 5_000)));
    let own = line("film", "mine", "asr@1", "DIALOGUE_SEARCH", 1, &json!({"text": "starving stars"}));
    let others: String = (0..4_000)
        .map(|n| {
            line("secret", "theirs", "asr@1", "DIALOGUE_SEARCH", n, &json!({"text": "starving stars stare"}))
        })
        .collect();
    servers[1].post_lines("/v1/annotations", &others).await.ok();
    for server in &servers {
        server.post_lines("/v1/annotations", &own).await.ok();
        server.settle();
    }
    let plans = [
        json!({"any": [{"text": "starving"}]}),
        json!({"all": [{"text": "starving stars", "fuzziness": 2}]}),
        json!({"all": [{"text": "sta", "prefix": true}]}),
        json!({"all": [{"type": "DIALOGUE_SEARCH"}]}),
        json!({"all": [{"phrase": "starving stars"}]}),
    ];
    // Who sees everything is refused at least some of them there: they are dear.
    let mut refused = 0;
    for plan in &plans {
        refused += u16::from(servers[1].post("/v1/search", plan).await.status == 413);
    }
    assert!(refused >= 2, "{refused}");
    for plan in plans {
        let mut statuses = Vec::new();
        for server in &servers {
            let secret = server.token(&format!("t{}", statuses.len()), &[Right::Read], Some(&["mine"]));
            let ask = Ask {
                method: axum::http::Method::POST,
                path: "/v1/search".into(),
                content_type: "application/json",
                body: plan.to_string(),
                cursors: None,
            };
            statuses.push(send(server, &secret, &ask, 0).await.status.as_u16());
            server
                .call(axum::http::Method::DELETE, &format!("/v1/tokens/t{}", statuses.len() - 1), "", "")
                .await;
        }
        assert_eq!(statuses, [200, 200], "{plan}");
    }
}
