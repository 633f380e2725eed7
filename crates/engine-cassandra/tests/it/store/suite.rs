rushes_testkit::store_suite!(match crate::store::support::fixture() {
    Some(fixture) => fixture,
    None => return,
});

rushes_testkit::import_suite!(match crate::store::support::fixture() {
    Some(fixture) => fixture,
    None => return,
});
