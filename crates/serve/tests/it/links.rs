//! Signed links: what they open without a token, until when, and what they never open.

use axum::http::Method;
use rushes_archive::Right;
use serde_json::{Value, json};

use crate::support::{Answer, Server, request};

const HOST: (&str, &str) = ("host", "localhost:7890");
const CONTENT: &[u8] = b"0123456789";

/// A server with two films, and a token for one of them.
async fn served() -> (Server, String) {
    let server = Server::new();
    for (asset, movie) in [("film", "mine"), ("other", "theirs")] {
        let path = server.media_dir().join(format!("{asset}.mp4"));
        std::fs::write(&path, CONTENT).unwrap();
        let about = json!({"asset_id": asset, "movie_id": movie, "path": path});
        server.post("/v1/assets", &about).await.ok();
    }
    let token = server.token("anna", &[Right::Read], Some(&["mine"]));
    (server, token)
}

async fn sign(server: &Server, token: &str, asset: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [HOST, ("authorization", bearer.as_str()), ("content-type", "application/json")];
    let path = format!("/v1/media/{asset}/link");
    server.remote(request(Method::POST, &path, &headers, body.to_string())).await
}

async fn get(server: &Server, path: &str, more: &[(&str, &str)]) -> Answer {
    let headers: Vec<(&str, &str)> = [HOST].iter().chain(more).copied().collect();
    server.remote(request(Method::GET, path, &headers, "")).await
}

fn refused(answer: &Answer) {
    let problem = answer.problem(403);
    assert_eq!(problem["type"], "urn:rushes:problem:link");
    assert!(problem["mend"].as_str().unwrap().contains("another"), "{problem}");
}

#[tokio::test]
async fn a_link_plays_without_a_token_in_any_range_and_opens_nothing_else() {
    let (server, token) = served().await;
    let links = sign(&server, &token, "film", &json!({"expires_in_s": 60})).await.ok();
    let media = links["media"].as_str().unwrap();
    let whole = get(&server, media, &[]).await;
    assert_eq!((whole.status.as_u16(), &whole.bytes[..]), (200, CONTENT));
    let part = get(&server, media, &[("range", "bytes=2-4")]).await;
    assert_eq!((part.status.as_u16(), part.text()), (206, "234"));
    // What the players of other pages send along does not matter, nor does a cookie.
    assert_eq!(get(&server, media, &[("sec-fetch-site", "cross-site")]).await.status, 200);
    let query = media.split_once('?').unwrap().1;
    for other in ["/v1/media/other", "/v1/media/film/frame", "/v1/media/film/proxy", "/v1/media/film/"] {
        refused(&get(&server, &format!("{other}?{query}"), &[]).await);
    }
    for other in ["/v1/status", "/v1/assets/film", "/v1/buckets/film"] {
        get(&server, &format!("{other}?{query}"), &[]).await.problem(401);
    }
    let erase = request(Method::POST, &format!("/v1/media/film?{query}"), &[HOST], "");
    server.remote(erase).await.problem(401);
    // The frame's link takes any time and height: the server looks for ffmpeg, or for a frame, but lets it in.
    let frame = format!("{}&at_ns=5&height=90", links["frame"].as_str().unwrap());
    assert!(![401, 403, 400].contains(&get(&server, &frame, &[]).await.status.as_u16()));
}

#[tokio::test]
async fn what_was_altered_or_is_over_is_refused_whoever_is_logged_in() {
    let (server, token) = served().await;
    let links = sign(&server, &token, "film", &json!({})).await.ok();
    let media = links["media"].as_str().unwrap();
    let (path, query) = media.split_once('?').unwrap();
    let fields: Vec<(&str, &str)> = query.split('&').map(|f| f.split_once('=').unwrap()).collect();
    let with = |name: &str, value: &str| {
        let changed = fields.iter().map(|(n, v)| format!("{n}={}", if *n == name { value } else { v }));
        format!("{path}?{}", changed.collect::<Vec<_>>().join("&"))
    };
    let owner = [("cookie", "rushes-login-7890=x")];
    for altered in [
        with("expires", "99999999999"),
        with("expires", "1"),
        with("expires", "soon"),
        with("holder", "owner"),
        with("holder", "anna"),
        with("signature", ""),
        with("signature", &"0".repeat(64)),
        format!("{path}?signature=00"),
        format!("{media}&signature=00"),
    ] {
        refused(&get(&server, &altered, &[]).await);
        refused(&get(&server, &altered, &owner).await);
    }
    // Who shows a token is asked for that alone.
    let bearer = format!("Bearer {token}");
    let by_token = get(&server, &with("expires", "1"), &[("authorization", &bearer)]).await;
    assert_eq!(by_token.status, 200);
    get(&server, media, &[("authorization", "Bearer wrong")]).await.problem(401);
}

#[tokio::test]
async fn links_end_with_the_token_with_its_right_and_with_the_secret() {
    let (server, token) = served().await;
    let link = |answer: Value| answer["media"].as_str().unwrap().to_owned();
    let first = link(sign(&server, &token, "film", &json!({})).await.ok());
    server.post("/v1/assets", &json!({"asset_id": "film", "movie_id": "theirs"})).await.ok();
    get(&server, &first, &[]).await.problem(404);
    let path = server.media_dir().join("film.mp4");
    server.post("/v1/assets", &json!({"asset_id": "film", "movie_id": "mine", "path": path})).await.ok();
    assert_eq!(get(&server, &first, &[]).await.status, 200);
    server.post("/v1/links/rotate", &json!({})).await.ok();
    refused(&get(&server, &first, &[]).await);
    let second = link(sign(&server, &token, "film", &json!({})).await.ok());
    let kept = server.post("/v1/links/rotate", &json!({"keep_s": 60})).await.ok();
    assert!(kept["earlier_links_end"].as_str().is_some());
    assert_eq!(get(&server, &second, &[]).await.status, 200);
    server.call(Method::DELETE, "/v1/tokens/anna", "", "").await.ok();
    server.token("keeps-it-closed", &[Right::Admin], None);
    refused(&get(&server, &second, &[]).await);
}

#[tokio::test]
async fn only_what_one_may_see_is_signed_and_not_for_ever() {
    let (server, token) = served().await;
    let hidden = sign(&server, &token, "other", &json!({})).await.problem(404);
    let missing = sign(&server, &token, "nowhere", &json!({})).await.problem(404);
    let plain = |p: &Value, id: &str| p["detail"].as_str().unwrap().replace(id, "ID");
    assert_eq!(plain(&hidden, "other"), plain(&missing, "nowhere"));
    for seconds in [0_u64, 30 * 86_400 + 1] {
        let problem = sign(&server, &token, "film", &json!({"expires_in_s": seconds})).await.problem(400);
        assert_eq!(problem["pointer"], "/expires_in_s");
    }
    let rotate =
        request(Method::POST, "/v1/links/rotate", &[HOST, ("content-type", "application/json")], "{}");
    server.remote(rotate).await.problem(401);
}
