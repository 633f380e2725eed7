//! Who may come in, by which name, from which page.

use axum::http::{Method, StatusCode};
use rushes_archive::Right;

use crate::support::{Server, request};

const HOST: (&str, &str) = ("host", "localhost:7890");

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> StatusCode {
    server.remote(request(Method::GET, path, headers, "")).await.status
}

#[tokio::test]
async fn without_tokens_loopback_is_open_and_only_by_loopback_names() {
    let server = Server::new();
    assert_eq!(get(&server, "/v1/status", &[HOST]).await, 200);
    assert_eq!(get(&server, "/v1/status", &[("host", "127.0.0.1:7890")]).await, 200);
    for headers in [&[][..], &[("host", "evil.example")], &[HOST, HOST], &[("host", "192.168.0.9:7890")]] {
        let answer = server.remote(request(Method::GET, "/v1/status", headers, "")).await;
        answer.problem(421);
    }
    let absolute = request(Method::GET, "http://evil.example/v1/status", &[HOST], "");
    server.remote(absolute).await.problem(421);
}

#[tokio::test]
async fn with_tokens_every_path_but_health_and_the_bare_page_needs_one() {
    let server = Server::new();
    let secret = server.token("anna", &[Right::Admin], None);
    let bearer = format!("Bearer {secret}");
    for path in ["/pages", "/v1/status", "/openapi.json", "/metrics", "/readyz", "/v1/assets", "/nowhere"] {
        let answer = server.remote(request(Method::GET, path, &[HOST], "")).await;
        answer.problem(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
        assert_ne!(get(&server, path, &[HOST, ("authorization", &bearer)]).await, 401, "{path}");
    }
    for path in ["/healthz", "/", "/v1/login"] {
        assert_eq!(get(&server, path, &[HOST]).await, 200, "{path}");
        assert_eq!(get(&server, path, &[HOST, ("authorization", "Bearer wrong")]).await, 401, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_never_taken_for_none() {
    let server = Server::new();
    for value in ["Bearer wrong", "Bearer ", "Basic YTpi", "Bearer", "nonsense", "Bearer \u{e9}"] {
        let answer =
            server.remote(request(Method::GET, "/v1/status", &[HOST, ("authorization", value)], "")).await;
        answer.problem(401);
    }
    let twice = [HOST, ("authorization", "Bearer a"), ("authorization", "Bearer b")];
    assert_eq!(get(&server, "/v1/status", &twice).await, 401);
}

#[tokio::test]
async fn away_from_loopback_a_token_is_always_needed() {
    let exposed = Server::with(|c| c.listen = "0.0.0.0:7890".parse().unwrap());
    assert_eq!(get(&exposed, "/v1/status", &[HOST]).await, 401);
    let named = Server::with(|c| c.hosts = vec!["rushes.example".into()]);
    assert_eq!(get(&named, "/v1/status", &[("host", "rushes.example")]).await, 401);
    assert_eq!(get(&named, "/v1/status", &[HOST]).await, 401);
}

#[tokio::test]
async fn a_foreign_page_may_not_change_anything() {
    let server = Server::new();
    let post = |headers: &[(&str, &str)]| {
        let mut all = vec![HOST, ("content-type", "application/json")];
        all.extend_from_slice(headers);
        request(Method::POST, "/v1/assets", &all, r#"{"asset_id":"a","movie_id":"m"}"#)
    };
    for headers in [
        [("origin", "https://evil.example")],
        [("origin", "http://localhost:3000")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        server.remote(post(&headers)).await.problem(403);
    }
    assert_eq!(server.remote(post(&[("origin", "http://localhost:7890")])).await.status, 200);
    assert_eq!(server.remote(post(&[("sec-fetch-site", "same-origin")])).await.status, 200);
    assert_eq!(server.remote(post(&[])).await.status, 200);
    // No page is ever told that it may read.
    let answer = server
        .remote(request(Method::GET, "/v1/assets", &[HOST, ("origin", "https://evil.example")], ""))
        .await;
    assert!(answer.headers.keys().all(|k| !k.as_str().starts_with("access-control-")));
    let preflight = request(Method::OPTIONS, "/v1/assets", &[HOST, ("origin", "https://evil.example")], "");
    server.remote(preflight).await.problem(405);
}

#[tokio::test]
async fn rights_hold_per_movie() {
    let server = Server::new();
    server
        .post_lines(
            "/v1/assets",
            "{\"asset_id\":\"a\",\"movie_id\":\"mine\"}\n{\"asset_id\":\"b\",\"movie_id\":\"theirs\"}\n",
        )
        .await
        .ok();
    let reader = format!("Bearer {}", server.token("reader", &[Right::Read], Some(&["mine"])));
    let ask = |method: Method, path: &str, body: &'static str| {
        let headers = [HOST, ("authorization", reader.as_str()), ("content-type", "application/json")];
        request(method, path, &headers, body)
    };
    let listed = server.remote(ask(Method::GET, "/v1/assets", "")).await.ok();
    assert_eq!(listed["assets"].as_array().unwrap().len(), 1);
    assert_eq!(listed["assets"][0]["asset_id"], "a");
    server.remote(ask(Method::GET, "/v1/assets/b", "")).await.problem(404);
    server.remote(ask(Method::GET, "/v1/media/b", "")).await.problem(404);
    server.remote(ask(Method::GET, "/v1/annotations?asset=b", "")).await.problem(404);
    server
        .remote(ask(Method::POST, "/v1/assets", r#"{"asset_id":"a","movie_id":"mine"}"#))
        .await
        .problem(404);
    for path in ["/v1/verify", "/v1/purge"] {
        server.remote(ask(Method::POST, path, "")).await.problem(403);
    }
    server.remote(ask(Method::POST, "/v1/rebuild", r#"{"what":"all"}"#)).await.problem(403);
    server.remote(ask(Method::POST, "/v1/backup", r#"{"to":"/tmp/x"}"#)).await.problem(403);
    server.remote(ask(Method::POST, "/v1/backup/verify", r#"{"backup":"/tmp/x"}"#)).await.problem(403);
    server.remote(ask(Method::GET, "/v1/tokens", "")).await.problem(403);
    server.remote(ask(Method::POST, "/v1/tokens", r#"{"name":"x","rights":["admin"]}"#)).await.problem(403);
    server.remote(ask(Method::DELETE, "/v1/tokens/reader", "")).await.problem(403);
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() {
    let server = Server::new();
    let made = server
        .post(
            "/v1/tokens",
            &serde_json::json!({"name": "anna", "movies": ["m"], "rights": ["read", "ingest"]}),
        )
        .await
        .ok();
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    let listed = server.get("/v1/tokens").await;
    assert!(!listed.text().contains(made["secret"].as_str().unwrap()));
    assert_eq!(listed.ok()["tokens"][0]["name"], "anna");
    assert_eq!(get(&server, "/v1/status", &[HOST, ("authorization", &bearer)]).await, 200);
    server.post("/v1/tokens", &serde_json::json!({"name": "anna", "rights": ["read"]})).await.problem(409);
    server.post("/v1/tokens", &serde_json::json!({"name": "b", "rights": ["fly"]})).await.problem(400);
    assert_eq!(server.call(Method::DELETE, "/v1/tokens/anna", "", "").await.status, 200);
    server.call(Method::DELETE, "/v1/tokens/anna", "", "").await.problem(404);
    assert_eq!(get(&server, "/v1/status", &[HOST, ("authorization", &bearer)]).await, 401);
}

#[tokio::test]
async fn every_answer_carries_the_safe_headers_and_an_id() {
    let server = Server::new();
    for path in ["/", "/v1/status", "/nowhere"] {
        let answer = server.remote(request(Method::GET, path, &[HOST, ("x-request-id", "abc-1")], "")).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let cache = if path == "/" { "no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), cache);
        assert_eq!(answer.header("x-request-id"), "abc-1");
    }
    let odd = server.remote(request(Method::GET, "/healthz", &[HOST, ("x-request-id", "a b\"c")], "")).await;
    assert_eq!(odd.header("x-request-id").len(), 16);
}

#[tokio::test]
async fn the_audit_log_names_who_did_what_and_never_what_was_asked() {
    let server = Server::new();
    server.post_lines("/v1/annotations", crate::support::LINES).await.ok();
    server.post("/v1/search", &serde_json::json!({"q": "xylophone"})).await;
    server.get("/v1/suggest?q=xylophone").await;
    server.get("/v1/annotations?asset=film").await;
    server.post("/v1/erase", &serde_json::json!({"target": "asset", "asset_id": "film"})).await.ok();
    // Lines are written beside the answers.
    let path = server.archive.dir().join(rushes_serve::AUDIT_FILE);
    let mut text = String::new();
    for _ in 0..200 {
        text = std::fs::read_to_string(&path).unwrap_or_default();
        if text.lines().count() >= 5 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let actions: std::collections::BTreeSet<String> = text
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
        .inspect(|l| assert_eq!(l["caller"], "local"))
        .map(|l| l["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(actions.into_iter().collect::<Vec<_>>(), ["erase", "export", "ingest", "search", "suggest"]);
    assert!(!text.contains("xylophone") && !text.contains("starving") && !text.contains("Joey"));
}

#[tokio::test]
async fn the_audit_log_is_read_and_proved_by_admins_only_and_shows_who_was_refused() {
    let server = Server::new();
    let admin = server.token("anna", &[Right::Admin], None);
    let reader = server.token("ben", &[Right::Read], None);
    let with = |secret: &str| format!("Bearer {secret}");
    assert_eq!(get(&server, "/v1/assets", &[HOST, ("authorization", "Bearer wrong")]).await, 401);
    let body = serde_json::json!({"token": "wrong"}).to_string();
    let json = ("content-type", "application/json");
    server.remote(request(Method::POST, "/v1/login", &[HOST, json], body)).await.problem(401);
    server.post("/v1/assets", &serde_json::json!({"asset_id": "a"})).await.ok();
    for path in ["/v1/audit", "/v1/audit?limit=1"] {
        assert_eq!(get(&server, path, &[HOST, ("authorization", &with(&reader))]).await, 403, "{path}");
    }
    let ask = || request(Method::GET, "/v1/audit", &[HOST, ("authorization", &with(&admin))], "");
    let mut lines = Vec::new();
    for _ in 0..200 {
        lines = server.remote(ask()).await.lines();
        if lines.len() >= 5 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let has = |action: &str, outcome: &str, caller: &str| {
        lines.iter().any(|l| l["action"] == action && l["outcome"] == outcome && l["caller"] == caller)
    };
    assert!(has("show-token", "unauthorized", "-"), "{lines:#?}");
    assert!(has("login", "unauthorized", "-"), "{lines:#?}");
    assert!(has("register-assets", "ok", "local"), "{lines:#?}");
    assert!(has("read-audit", "forbidden", "ben"), "{lines:#?}");
    let numbers: Vec<u64> = lines.iter().map(|l| l["no"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1) && numbers[0] == 1, "{numbers:?}");
    let after = server.get(&format!("/v1/audit?after={}&limit=1", numbers[1])).await.lines();
    assert_eq!(after[0]["no"], numbers[2]);
    for wrong in ["from=yesterday", "to=2026-1-1", "limit=0", "from=2026-11-30T"] {
        server.get(&format!("/v1/audit?{wrong}")).await.problem(400);
    }
    let whole = server.post("/v1/audit/verify", &serde_json::json!({})).await.ok();
    assert_eq!((&whole["problem_count"], &whole["first"]), (&0.into(), &1.into()), "{whole}");
    let path = server.archive.dir().join(rushes_serve::AUDIT_FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"ben\"", "\"eve\"", 1)).unwrap();
    let altered = server.post("/v1/audit/verify", &serde_json::json!({})).await.ok();
    assert_eq!(altered["problem_count"], 1, "{altered}");
    assert!(altered["problems"][0].as_str().unwrap().contains("was altered"), "{altered}");
}

#[tokio::test]
async fn who_may_write_everywhere_but_not_read_sees_no_numbers_of_the_whole() {
    let server = Server::new();
    server.post("/v1/assets", &serde_json::json!({"asset_id": "a", "movie_id": "m"})).await.ok();
    server.settle();
    let bearer = format!("Bearer {}", server.token("writer", &[Right::Ingest], None));
    let headers = [HOST, ("authorization", bearer.as_str())];
    assert_eq!(get(&server, "/metrics", &headers).await, 403);
    let status = server.remote(request(Method::GET, "/v1/status", &headers, "")).await.ok();
    assert_eq!(status["store"]["assets"], 0, "{status}");
    assert!(status["index"].is_null() && status["workers"].as_array().unwrap().is_empty(), "{status}");
}

#[tokio::test]
async fn nobody_puts_an_asset_into_a_movie_or_a_collection_of_others() {
    let server = Server::new();
    let bearer = format!("Bearer {}", server.token("writer", &[Right::Read, Right::Ingest], Some(&["mine"])));
    let headers = [HOST, ("authorization", bearer.as_str()), ("content-type", "application/json")];
    let put = |body: serde_json::Value| request(Method::POST, "/v1/assets", &headers, body.to_string());
    server.remote(put(serde_json::json!({"asset_id": "a", "movie_id": "mine"}))).await.ok();
    let body = serde_json::json!({"asset_id": "a", "movie_id": "mine", "collection": "Voyages"});
    let refused = server.remote(put(body)).await.problem(403);
    assert_eq!(refused["pointer"], "/collection", "{refused}");
    let stays = server.get("/v1/assets/a").await.ok();
    assert!(stays.get("collection").is_none_or(|c| c.is_null()), "{stays}");
}
