//! The index on Elasticsearch is given another shape by the command, while it is searched and written to.

use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rushes_testkit::servers;
use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{Place, line, lines};
use crate::torture::http::send;

/// A cluster, and names on it that no other test has; they go at the end.
struct Indices {
    address: String,
    prefix: String,
}

impl Indices {
    fn new() -> Option<Self> {
        let url = servers::elasticsearch()?;
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let random = std::hash::RandomState::new().build_hasher().finish();
        Some(Self { address, prefix: format!("t{random:x}") })
    }

    fn get(&self, path: &str) -> Value {
        send(&self.address, "GET", path, "application/json", b"").unwrap().json()
    }

    /// The configuration of an archive whose index is there.
    fn configure(&self, place: &Place, shards: u32) {
        std::fs::create_dir_all(place.archive()).unwrap();
        let (address, prefix) = (&self.address, &self.prefix);
        let text = format!(
            "[engines]\nindex = 'elasticsearch'\n[elasticsearch]\nurls = ['http://{address}']\nprefix = '{prefix}'\n\
             shards = {shards}\n"
        );
        std::fs::write(place.archive().join("rushes.toml"), text).unwrap();
    }

    /// The index of annotations that is in use, and its shards.
    fn annotations(&self) -> (String, String) {
        let alias = format!("{}-annotations", self.prefix);
        let found = self.get(&format!("/{alias}/_settings"));
        let (name, state) = found.as_object().unwrap().iter().next().unwrap();
        let shards = state["settings"]["index"]["number_of_shards"].as_str().unwrap();
        (name.strip_prefix(&alias).unwrap().to_owned(), shards.to_owned())
    }
}

impl Drop for Indices {
    fn drop(&mut self) {
        let all = send(&self.address, "GET", &format!("/{}-*/_alias", self.prefix), "application/json", b"");
        let Some(all) = all.filter(|reply| reply.status == 200) else { return };
        for name in all.json().as_object().into_iter().flat_map(|all| all.keys()) {
            let _ = send(&self.address, "DELETE", &format!("/{name}"), "application/json", b"");
        }
    }
}

#[test]
fn an_index_gets_more_shards_while_it_is_searched_and_written_to() {
    let Some(indices) = Indices::new() else { return };
    let place = Place::new();
    indices.configure(&place, 1);
    place.run_with(&["ingest", "--wait", "-"], lines()).ok();
    let both = json!({"all": [{"label": "Joey"}, {"label": "kitchen"}]});
    let before = place.moments(&both);
    assert_eq!((before.len(), indices.annotations()), (2, ("-v1".to_owned(), "1".to_owned())));
    indices.configure(&place, 3);
    let server = Server::start(&place);
    let (done, taken) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let no = taken.load(Ordering::SeqCst);
                let ross = json!({"label": "Ross"});
                let new = line(&format!("more-{no}"), "faces@3", "CHARACTER_SEARCH", 1.0, 2.0, ross);
                place.run_with(&["ingest", "--wait", "-"], new).ok();
                assert_eq!(place.moments(&json!({"all": [{"label": "Ross"}]})).len(), no + 1);
                taken.fetch_add(1, Ordering::SeqCst);
            }
        });
        for _ in 0..3 {
            let made = place.run(&["rebuild", "--index", "--online", "--json"]).ok().json();
            assert!(made["copied"].as_u64().unwrap() >= 6, "{made}");
            assert_eq!(place.moments(&both), before);
        }
        done.store(true, Ordering::SeqCst);
        writing.join().unwrap();
    });
    assert_eq!(indices.annotations(), ("-v4".to_owned(), "3".to_owned()));
    assert!(taken.load(Ordering::SeqCst) > 0);
    place.run(&["rebuild", "--index", "--online"]).ok().says("rebuilt").says("documents copied");
    drop(server);
    place.run(&["verify"]).ok().says("all is well");
    assert_eq!(place.moments(&json!({"all": [{"label": "Ross"}]})).len(), taken.load(Ordering::SeqCst));
    assert_eq!(place.moments(&both), before);
}
