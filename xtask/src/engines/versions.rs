//! The versions of the engines stand in `pom.xml`; compose.yml must name the same.

/// The value of `<name.version>` in a pom.
fn in_pom<'a>(pom: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = pom.split_once(&format!("<{name}.version>"))?;
    Some(rest.split_once("</")?.0.trim())
}

/// The images that a compose file names, each as name and version.
fn images(compose: &str) -> Vec<(&str, &str)> {
    compose.lines().filter_map(|line| line.trim().strip_prefix("image: ")?.trim().rsplit_once(':')).collect()
}

#[test]
fn the_containers_are_of_the_versions_that_the_tests_run_on() {
    let root = crate::root().unwrap();
    let pom = std::fs::read_to_string(root.join("xtask/engines/pom.xml")).unwrap();
    let compose = std::fs::read_to_string(root.join("compose.yml")).unwrap();
    let images = images(&compose);
    for server in super::Server::ALL {
        let name = server.name();
        let version = in_pom(&pom, name).unwrap();
        let image = images.iter().find(|(image, _)| image.rsplit('/').next() == Some(name)).unwrap();
        assert_eq!(image.1, version, "compose.yml and xtask/engines/pom.xml differ in {name}");
    }
    assert_eq!(images.len(), super::Server::ALL.len());
}

#[test]
fn the_documents_name_the_versions_that_the_tests_run_on() {
    let root = crate::root().unwrap();
    let pom = std::fs::read_to_string(root.join("xtask/engines/pom.xml")).unwrap();
    let page = std::fs::read_to_string(root.join("docs/engines.md")).unwrap();
    for server in super::Server::ALL {
        let version = in_pom(&pom, server.name()).unwrap();
        assert!(page.contains(version), "docs/engines.md does not name {} {version}", server.name());
    }
}
