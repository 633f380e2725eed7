use crate::fixture::OnKafka;

rushes_testkit::events_suite!(match OnKafka::new() {
    Some(log) => log,
    None => return,
});
