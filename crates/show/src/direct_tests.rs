use super::*;
use crate::episodes;

#[test]
fn shots_and_scenes_follow_each_other_without_a_gap() {
    for episode in episodes() {
        let spans = |spans: Vec<Span>| {
            assert_eq!(spans[0].start, 0);
            assert_eq!(spans.last().unwrap().end, episode.frames);
            assert!(spans.windows(2).all(|w| w[0].end == w[1].start), "{spans:?}");
            assert!(spans.iter().all(|s| s.start < s.end), "{spans:?}");
        };
        spans(episode.shots.iter().map(|s| s.span).collect());
        spans(episode.scenes.iter().map(|s| s.span).collect());
    }
}

#[test]
fn no_two_people_stand_at_one_place_at_one_time() {
    for episode in episodes() {
        for (n, one) in episode.stays.iter().enumerate() {
            for other in &episode.stays[n + 1..] {
                let meet = one.span.and(other.span).is_some();
                assert!(!meet || (one.x != other.x && one.name != other.name), "{one:?} {other:?}");
            }
        }
    }
}

#[test]
fn whoever_speaks_on_the_stage_is_there_and_mostly_in_the_picture() {
    let (mut seen, mut all) = (0, 0);
    for episode in episodes() {
        let faces = episode.faces();
        for speech in episode.speeches.iter().filter(|s| s.name != UNSEEN) {
            let here = |s: &Span| s.contains(speech.span.start);
            assert!(episode.stays.iter().any(|s| s.name == speech.name && here(&s.span)), "{speech:?}");
            all += 1;
            seen += usize::from(faces.iter().any(|f| f.name == speech.name && here(&f.span)));
        }
    }
    assert!(seen * 10 >= all * 9, "{seen} of {all}");
}

#[test]
fn words_lie_in_their_line_one_after_the_other() {
    for speech in episodes().iter().flat_map(|e| &e.speeches) {
        assert_eq!(speech.words.first().unwrap().1.start, speech.span.start);
        assert_eq!(speech.words.last().unwrap().1.end, speech.span.end);
        assert!(speech.words.windows(2).all(|w| w[0].1.end <= w[1].1.start), "{speech:?}");
    }
}

#[test]
fn an_asked_for_close_picture_shows_exactly_one_face() {
    for episode in episodes() {
        let faces = episode.faces();
        for shot in episode.shots.iter().filter(|s| matches!(s.framing, Framing::Close(_))) {
            let seen = faces.iter().filter(|f| f.span.and(shot.span).is_some()).count();
            assert_eq!(seen, 1, "{shot:?}");
        }
    }
}
