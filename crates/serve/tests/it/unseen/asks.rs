//! What is asked of the two archives, route by route.

use axum::http::Method;
use serde_json::{Value, json};

/// Ids that are asked for: the token's own, one of a title that it may not see, one that is nowhere.
const ASSETS: [&str; 3] = ["film", "secret", "nowhere"];
const RUNS: [&str; 5] = ["own", "own-open", "secret-run", "secret-open", "nowhere"];

/// A line of an annotation; its time follows from `n`.
pub fn line(asset: &str, movie: &str, model: &str, kind: &str, n: i64, more: &Value) -> String {
    let mut line = json!({
        "asset_id": asset, "movie_id": movie, "model": model, "type": kind,
        "time_range": {"start_time_ns": n * 1_000_000_000, "end_time_ns": (n + 3) * 1_000_000_000},
    });
    let fields = more.as_object().unwrap().clone();
    line.as_object_mut().unwrap().extend(fields);
    format!("{line}\n")
}

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    pub content_type: &'static str,
    pub body: String,
    /// The cursors of the two archives, for a second page.
    pub cursors: Option<[String; 2]>,
}

/// Questions in words.
const WORDS: [&str; 12] = [
    "how are you doing",
    "we were on a voyage",
    "Joey starving",
    "Joanna",
    "Phantom in the kitchen",
    "josef",
    "starvng",
    "the secret voyage",
    "starlight season 3",
    "\"how are you\"",
    "voyages without Joey",
    "Joe then kitchen",
];

/// Plans.
fn plans() -> Vec<Value> {
    let vector = |more: Value| {
        let mut vector = json!({"values": [0.5, 0.25]});
        vector.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"all": [{"vector": vector}], "explain": true})
    };
    let text = |more: Value| {
        let mut clause = json!({"text": "starving starfish state"});
        clause.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"any": [clause], "explain": true})
    };
    vec![
        text(json!({})),
        text(json!({"fuzziness": 2})),
        text(json!({"prefix": true})),
        text(json!({"type": "OBJECT_SEARCH"})),
        json!({"all": [{"phrase": "how are you"}], "fusion": "rrf", "explain": true}),
        json!({"any": [{"label": "Phantom"}, {"label": "Joseph"}, {"label": "Murmur"}, {"label": "chairs"}]}),
        json!({"all": [{"label": "kitchen"}], "group_by": ["movie", "episode"], "top": 2, "limit": 1}),
        json!({"any": [{"text": "starving"}, {"label": "Joey"}], "limit": 1}),
        vector(json!({})),
        vector(json!({"k": 2, "exact": true})),
        vector(json!({"space": "scene-clip@1"})),
        vector(json!({"space": "secret-clip@1"})),
        vector(json!({"space": "nowhere@1"})),
        json!({"all": [{"vector": {"text": "a starry kitchen"}}]}),
        json!({"all": [{"vector": {"values": [0.5, 0.25, 1.0]}}]}),
        json!({"all": [{"vector": {"like": {"asset_id": "secret", "start_ns": 0, "end_ns": 9_000_000_000_i64}}}]}),
        json!({"all": [{"vector": {"like": {"asset_id": "nowhere", "start_ns": 0, "end_ns": 9_000_000_000_i64}}}]}),
        json!({"all": [{"vector": {"like": {"asset_id": "film2", "start_ns": 0, "end_ns": 9_000_000_000_i64}}}]}),
        json!({"all": [{"label": "chair"}], "runs": ["own"]}),
        json!({"all": [{"label": "chair"}], "runs": ["secret-run"]}),
        json!({"all": [{"label": "chair"}], "runs": ["nowhere"]}),
        json!({"all": [{"text": "starving"}], "ranking": {"mode": "interleaved", "seed": 1, "features": true}}),
        json!({"all": [{"text": "starving"}], "scope": {"movies": ["theirs"]}}),
        json!({"all": [{"text": "starving"}], "scope": {"collections": ["Voyages"]}, "snap": "frame"}),
        json!({"all": [{"text": "starving"}], "require_analysed": ["secret-objects@1"]}),
        json!({"all": [{"label": "Joey"}], "none": [{"label": "starfish"}], "mode": "union", "merge_gap": 2}),
    ]
}

/// The requests of a route; `None`: it has no case yet.
pub fn cases(method: &str, path: &str) -> Option<Vec<Ask>> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let ask = |path: String, content_type: &'static str, body: String| Ask {
        method: method.clone(),
        path,
        content_type,
        body,
        cursors: None,
    };
    let gets = |paths: &[&str]| paths.iter().map(|p| ask((*p).to_owned(), "", String::new())).collect();
    let posts = |path: &str, bodies: &[Value]| {
        bodies.iter().map(|b| ask(path.to_owned(), "application/json", b.to_string())).collect::<Vec<_>>()
    };
    let of_each = |ids: &[&str], body: &str, content_type: &'static str| {
        let filled = |id: &&str| path.replace("{id}", id).replace("{asset}", id).replace("{name}", id);
        ids.iter().map(|id| ask(filled(id), content_type, body.to_owned())).collect::<Vec<_>>()
    };
    let chair = line("film", "mine", "objects@1", "OBJECT_SEARCH", 9, &json!({"label": "chair"}));
    let searches = || {
        let words = WORDS.iter().map(|q| json!({"q": q, "explain": true, "limit": 2}));
        let begun = ["Jos", "the secr", "\"how are y", "starf"].map(|q| json!({"q": q, "typing": true}));
        words.chain(begun).chain(plans()).collect::<Vec<_>>()
    };
    Some(match (method.as_str(), path) {
        ("GET", "/" | "/healthz" | "/readyz" | "/metrics" | "/openapi.json" | "/v1/login") => gets(&[path]),
        ("GET", "/v1/status" | "/v1/models" | "/v1/labels" | "/v1/events" | "/v1/tokens") => gets(&[path]),
        ("GET", "/page/{version}/{file}") => gets(&["/page/0/app.js"]),
        ("GET", "/v1/assets") => {
            gets(&[path, "/v1/assets?limit=1", "/v1/assets?after=film", "/v1/assets?after=nowhere"])
        }
        ("GET", "/v1/assets/{id}" | "/v1/media/{asset}") => of_each(&ASSETS, "", ""),
        // Of the token's own file only what is asked of the disk could differ: the answer is ffmpeg's.
        ("POST", "/v1/media/{asset}/link") => of_each(&ASSETS[1..], "{}", "application/json"),
        ("GET", "/v1/audit") => gets(&[path, "/v1/audit?from=2020-01-01&limit=1"]),
        ("POST", "/v1/audit/verify" | "/v1/links/rotate") => posts(path, &[json!({})]),
        ("GET", "/v1/media/{asset}/frame" | "/v1/media/{asset}/proxy") => of_each(&ASSETS[1..], "", ""),
        ("GET", "/v1/buckets/{asset}") => of_each(&ASSETS, "", ""),
        ("GET", "/v1/runs/{id}") => of_each(&RUNS, "", ""),
        ("GET", "/v1/runs") => gets(&[
            path,
            "/v1/runs?limit=1",
            "/v1/runs?asset=film",
            "/v1/runs?asset=secret",
            "/v1/runs?asset=nowhere",
        ]),
        ("GET", "/v1/annotations") => gets(&[
            path,
            "/v1/annotations?asset=film",
            "/v1/annotations?asset=secret",
            "/v1/annotations?asset=nowhere",
            "/v1/annotations?movie=theirs",
        ]),
        ("GET", "/v1/suggest") => ["", "j", "jo", "se", "sta", "starf", "ph", "kit", "the s", "chai", "voy"]
            .iter()
            .flat_map(|q| [(q, 2), (q, 50)])
            .map(|(q, limit)| {
                let q = q.replace(' ', "%20");
                ask(format!("/v1/suggest?q={q}&tails=true&limit={limit}"), "", String::new())
            })
            .collect(),
        ("POST", "/v1/search" | "/v1/plan") => posts(path, &searches()),
        ("POST", "/v1/converse") => {
            let plan = json!({"all": [{"label": "kitchen"}]});
            let turns = json!([{"say": "kitchen", "plan": plan}]);
            let shown = ASSETS.map(|asset| json!({"asset_id": asset, "start_ns": 0, "end_ns": 9}));
            let said = ["with Joey", "the same with Phantom", "not that one", "more like the second"];
            let all = WORDS.iter().chain(&said).flat_map(|say| {
                let fresh = json!({"say": say});
                [fresh, json!({"say": say, "turns": turns, "shown": shown})]
            });
            posts(path, &all.collect::<Vec<_>>())
        }
        ("POST", "/v1/export") => {
            // Every format is written from the same moments.
            let formats = ["csv&handles=1", "edl&notes=true", "json", "resolve-markers&place=source", "otio"];
            let path = |format: &&str| format!("/v1/export?format={format}");
            formats.iter().flat_map(|format| posts(&path(format), &searches())).collect()
        }
        ("GET", "/v1/bins") => gets(&[path, "/v1/bins?trashed=true"]),
        ("GET" | "DELETE", "/v1/bins/{id}") => of_each(&["nowhere"], "", ""),
        ("GET", "/v1/bins/{id}/export") => gets(&["/v1/bins/nowhere/export?format=csv"]),
        ("POST", "/v1/bins") => {
            let of = |asset: &str| json!({"asset_id": asset, "start_ns": 0, "end_ns": 1});
            let bins = ASSETS.map(|asset| json!({"name": "x", "add": [of("film"), of(asset)]}));
            posts(path, &bins)
        }
        ("PATCH", "/v1/bins/{id}") => of_each(&["nowhere"], r#"{"name":"x"}"#, "application/json"),
        ("POST", "/v1/verify") => {
            [path, "/v1/verify?quick=true"].iter().flat_map(|path| posts(path, &[json!({})])).collect()
        }
        ("POST", "/v1/purge") => posts(path, &[json!({})]),
        ("POST", "/v1/rebuild") => {
            posts(path, &[json!({"what": "all"}), json!({"what": "index", "online": true})])
        }
        ("POST", "/v1/backup") => posts(path, &[json!({"to": "/tmp/never"})]),
        ("POST", "/v1/backup/verify") => posts(path, &[json!({"backup": "/tmp/never"})]),
        ("POST", "/v1/events/replay") => posts(path, &[json!({"limit": 1})]),
        ("POST", "/v1/tokens") => posts(path, &[json!({"name": "others", "rights": ["read"]})]),
        ("POST", "/v1/tokens/{name}/rotate") => of_each(&["others", "nobody"], "{}", "application/json"),
        ("DELETE", "/v1/tokens/{name}") => of_each(&["others", "nobody"], "", ""),
        ("POST", "/v1/login") => posts(path, &[json!({"token": "wrong"})]),
        ("DELETE", "/v1/login") => gets(&[path]),
        ("GET", "/v1/login/oidc" | "/v1/login/oidc/callback") => gets(&[path]),
        ("POST", "/v1/labels") => {
            posts(path, &[json!({"type": "CHARACTER_SEARCH", "label": "Joanna", "aliases": ["Jo"]})])
        }
        ("POST", "/v1/models") => posts(path, &[json!({"model": "own@1", "types": ["SHOT"]})]),
        ("POST", "/v1/assets") => posts(
            path,
            &[
                json!({"asset_id": "film2", "movie_id": "mine", "title": "Another"}),
                json!({"asset_id": "secret", "movie_id": "theirs"}),
                json!({"asset_id": "nowhere", "movie_id": "nobody"}),
                json!({"asset_id": "film2", "movie_id": "mine", "collection": "Voyages"}),
                json!({"asset_id": "film2", "movie_id": "theirs"}),
                json!({"asset_id": "another", "movie_id": "theirs", "collection": "Ferries"}),
            ],
        ),
        ("POST", "/v1/annotations") => {
            let lines = |asset: &str, movie: Value| {
                let more = json!({"label": "Joey", "movie_id": movie});
                line(asset, "", "faces@3", "CHARACTER_SEARCH", 30, &more).replace("\"movie_id\":null,", "")
            };
            let bodies = [
                chair.clone(),
                lines("secret", json!("theirs")),
                lines("secret", Value::Null),
                lines("nowhere", Value::Null),
            ];
            let paths =
                ["/v1/annotations?wait=true", "/v1/annotations?dry_run=true", "/v1/annotations?mode=replace"];
            let all = paths.iter().flat_map(|path| bodies.iter().map(move |body| (*path, body.clone())));
            all.map(|(path, body)| ask(path.to_owned(), rushes_serve::NDJSON, body)).collect()
        }
        ("POST", "/v1/runs") => posts(
            path,
            &[
                json!({"run": "another", "asset_id": "film", "model": "faces@3"}),
                json!({"run": "own", "asset_id": "film", "model": "faces@3"}),
                json!({"asset_id": "secret", "model": "faces@3"}),
                json!({"asset_id": "nowhere", "model": "faces@3"}),
            ],
        ),
        ("POST", "/v1/runs/{id}/annotations") => of_each(&RUNS, &chair, rushes_serve::NDJSON),
        ("POST", "/v1/runs/{id}/visibility") => {
            of_each(&RUNS, r#"{"visibility":"archived"}"#, "application/json")
        }
        ("POST", "/v1/runs/{id}/commit" | "/v1/runs/{id}/restore" | "/v1/runs/{id}/abort") => {
            of_each(&RUNS, "", "")
        }
        ("GET", "/v1/feedback") => gets(&[path, "/v1/feedback?asset=secret", "/v1/feedback?team=nobody"]),
        ("GET", "/v1/profiles" | "/v1/profile-assignments") => gets(&[path]),
        ("GET" | "DELETE", "/v1/profiles/{name}") => of_each(&["trailer", "nobody"], "", ""),
        ("POST", "/v1/profiles") => {
            posts(path, &[json!({"name": "hers"}), json!({"name": "hers", "inherits": "nobody"})])
        }
        ("POST", "/v1/profile-assignments") => posts(path, &[json!({"default": "trailer"})]),
        ("POST", "/v1/profiles/preview") => {
            posts(path, &[json!({"request": {"all": [{"label": "kitchen"}]}, "profiles": ["trailer", null]})])
        }
        ("GET", "/v1/ranking" | "/v1/ranking/report") => gets(&[path]),
        ("POST", "/v1/feedback") => {
            let kept = |asset: &str| {
                json!({"impression": "i", "event": "kept", "asset_id": asset, "start_ns": 0, "end_ns": 9, "read_point": "1",
                       "at_ms": 1})
            };
            let bodies: Vec<Value> = ASSETS.iter().map(|asset| json!({"events": [kept(asset)]})).collect();
            posts(path, &bodies)
        }
        ("POST", "/v1/feedback/erase") => {
            posts(path, &[json!({"asset_id": "secret"}), json!({"team": "nobody"})])
        }
        ("POST", "/v1/feedback/expire" | "/v1/ranking/fit") => posts(path, &[json!({})]),
        ("POST", "/v1/ranking/use") => posts(path, &[json!({"version": 0}), json!({"version": 9})]),
        ("POST", "/v1/erase") => posts(
            path,
            &[
                json!({"target": "run", "run": "secret-run"}),
                json!({"target": "run", "run": "nowhere"}),
                json!({"target": "asset", "asset_id": "secret"}),
                json!({"target": "movie", "movie_id": "theirs"}),
                json!({"target": "model", "model": "faces@3"}),
                json!({"target": "model", "model": "faces@3", "asset_id": "secret"}),
                json!({"target": "annotation", "asset_id": "secret", "model": "faces@3", "annotation_id": "x"}),
                json!({"target": "run", "run": "own"}),
            ],
        ),
        _ => return None,
    })
}
