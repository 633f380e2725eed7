//! Reads CMX 3600.

use super::{Cut, fraction};

/// An event of a list.
#[derive(Debug)]
pub struct Event {
    pub reel: String,
    pub times: [String; 4],
}

pub fn events(text: &str) -> Vec<Event> {
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let is_event = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    text.split("\r\n")
        .filter(is_event)
        .map(|line| {
            let fields = fields(line);
            assert_eq!(fields.len(), 8, "{line}");
            assert_eq!(fields[3], "C");
            let times = [4, 5, 6, 7].map(|place: usize| fields[place].clone());
            Event { reel: fields[1].clone(), times }
        })
        .collect()
}

/// The frame that a timecode names, by counting minutes: SMPTE ST 12-1, 6.
pub fn frames(timecode: &str, nominal: i64) -> i64 {
    let parts: Vec<i64> = timecode.split([':', ';']).map(|part| part.parse().unwrap()).collect();
    let [h, m, s, f] = parts[..] else { panic!("{timecode}") };
    let drops = if timecode.contains(';') { nominal / 15 } else { 0 };
    // Each ten minutes drop nine times; then each whole minute of the ten, but the first.
    let tens = h * 6 + m / 10;
    let ten_minutes = 600 * nominal - 9 * drops;
    let minute = if m % 10 == 0 { 0 } else { 60 * nominal + (m % 10 - 1) * (60 * nominal - drops) };
    let within = if m % 10 == 0 { s * nominal + f } else { s * nominal + f - drops };
    tens * ten_minutes + minute + within
}

/// The cuts of a list at a rate; record from the first event on. Times that are less than what they follow are past midnight.
pub fn cuts(text: &str, (num, den): (i64, i64)) -> Vec<Cut> {
    let nominal = (num + den - 1) / den;
    let events = events(text);
    let first = events.first().map_or(0, |event| frames(&event.times[2], nominal));
    events
        .iter()
        .map(|event| {
            let [from, to, record, record_out] = event.times.clone().map(|time| frames(&time, nominal));
            let drops = if event.times[0].contains(';') { nominal / 15 } else { 0 };
            let day = 86_400 * nominal - drops * 1296;
            let to = if to <= from { to + day } else { to };
            assert_eq!(to - from, (record_out - record).rem_euclid(day), "an event is as long as its media");
            let at = i128::from((record - first).rem_euclid(day)) * i128::from(den);
            Cut { source: (from, to), record: fraction(at, i128::from(num)) }
        })
        .collect()
}
