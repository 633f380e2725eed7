//! Media: ranges, conditions, and what must never be served.

use axum::http::Method;
use rushes_archive::Caller;
use rushes_serve::in_process;
use serde_json::json;

use crate::support::{Answer, Server, read, request};

const CONTENT: &[u8] = b"0123456789";

async fn served() -> Server {
    let server = Server::new();
    let path = server.media_dir().join("film.mp4");
    std::fs::write(&path, CONTENT).unwrap();
    server.post("/v1/assets", &json!({"asset_id": "film", "path": path})).await.ok();
    server
}

async fn ask(server: &Server, method: Method, headers: &[(&str, &str)]) -> Answer {
    let request = request(method, "/v1/media/film", headers, "");
    read(in_process(&server.router, Caller::local(), request).await).await
}

#[tokio::test]
async fn a_file_is_served_whole_and_in_ranges() {
    let server = served().await;
    let whole = ask(&server, Method::GET, &[]).await;
    assert_eq!((whole.status.as_u16(), &whole.bytes[..]), (200, CONTENT));
    assert_eq!(whole.header("content-type"), "video/mp4");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("content-length"), "10");
    for (range, bytes, said) in [
        ("bytes=0-3", "0123", "0-3"),
        ("bytes=7-", "789", "7-9"),
        ("bytes=-2", "89", "8-9"),
        ("bytes=9-99", "9", "9-9"),
    ] {
        let part = ask(&server, Method::GET, &[("range", range)]).await;
        assert_eq!((part.status.as_u16(), part.text()), (206, bytes), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {said}/10"));
        assert_eq!(part.header("content-length"), bytes.len().to_string());
    }
    let beyond = ask(&server, Method::GET, &[("range", "bytes=10-")]).await;
    beyond.problem(416);
    assert_eq!(beyond.header("content-range"), "bytes */10");
    let several = ask(&server, Method::GET, &[("range", "bytes=0-1,4-5")]).await;
    assert_eq!((several.status.as_u16(), &several.bytes[..]), (200, CONTENT));
}

#[tokio::test]
async fn head_and_conditions_are_answered() {
    let server = served().await;
    let head = ask(&server, Method::HEAD, &[("range", "bytes=2-4")]).await;
    assert_eq!((head.status.as_u16(), head.bytes.len()), (206, 0));
    assert_eq!(head.header("content-length"), "3");
    let etag = head.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'));
    let unchanged = ask(&server, Method::GET, &[("if-none-match", &etag)]).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0));
    let same = ask(&server, Method::GET, &[("range", "bytes=0-0"), ("if-range", &etag)]).await;
    assert_eq!(same.status.as_u16(), 206);
    let other = ask(&server, Method::GET, &[("range", "bytes=0-0"), ("if-range", "\"old\"")]).await;
    assert_eq!((other.status.as_u16(), &other.bytes[..]), (200, CONTENT));
}

#[tokio::test]
async fn nothing_outside_of_the_media_folders_is_served() {
    let server = Server::new();
    let secret = server.dir.path().join("secret.mp4");
    std::fs::write(&secret, "secret").unwrap();
    let link = server.media_dir().join("link.mp4");
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    let dotted = server.media_dir().join("../secret.mp4");
    let folder = server.media_dir();
    let missing = server.media_dir().join("missing.mp4");
    for path in [&secret, &link, &dotted, &folder, &missing] {
        server.post("/v1/assets", &json!({"asset_id": "film", "path": path})).await.ok();
        let answer = ask(&server, Method::GET, &[]).await;
        assert!(answer.status.is_client_error(), "{path:?}: {}", answer.status);
        assert!(!answer.text().contains("secret.mp4"), "{}", answer.text());
        answer.problem(answer.status.as_u16());
    }
    server.post("/v1/assets", &json!({"asset_id": "bare"})).await.ok();
    server.get("/v1/media/bare").await.problem(404);
}
