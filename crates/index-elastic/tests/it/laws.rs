//! The laws of the index.

use rushes_testkit::index_history::Dice;
use rushes_testkit::index_model::answers_as_the_memory_index;
use rushes_testkit::index_suite;

use crate::fixtures::Elastic;

macro_rules! laws {
    ($($law:ident),* $(,)?) => {
        $(#[test] fn $law() {
            if let Some(mut fixture) = Elastic::new() {
                index_suite::$law(&mut fixture);
            }
        })*
    };
}

laws!(
    an_update_is_seen_from_its_publish_on,
    an_update_that_is_not_new_changes_nothing,
    a_gap_is_a_conflict,
    a_reader_stays_as_it_was,
    an_earlier_read_point_answers_as_then_until_it_is_gone,
    commits_beyond_the_read_point_are_not_seen,
    what_is_erased_is_in_no_later_reader,
    an_erased_asset_is_gone_and_can_come_back,
    a_publish_survives_reopening,
    what_was_not_published_is_asked_for_again,
    labels_match_whole,
    words_match_by_form_beginning_and_typo,
    a_phrase_goes_on_in_the_next_line,
    a_phrase_does_not_go_on_over_a_pause,
    type_model_confidence_and_attributes_limit,
    languages_limit,
    a_pin_stands_in_place_of_what_is_current,
    nearest_are_the_k_nearest_with_ties_by_id,
    nearest_meet_the_eligible_times,
    nearest_within_a_threshold_in_either_metric,
    whole_annotations_come_back,
    an_id_finds_the_current_annotation_first,
    labels_are_suggested_by_frequency,
    spaces_are_those_of_current_vectors,
    joining_and_purging_change_no_answer,
    clearing_leaves_nothing,
);

#[test]
fn it_answers_as_the_memory_index() {
    let cases = std::env::var("RUSHES_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(3);
    let seed = std::env::var("RUSHES_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_260);
    let mut dice = Dice(seed);
    for _ in 0..cases {
        let seed = dice.roll(u64::MAX);
        let Some(mut fixture) = Elastic::new() else { return };
        println!("seed {seed}");
        answers_as_the_memory_index(seed, 14, &mut fixture, &|_| ());
    }
}
