//! Processor time that processes took, as the kernel counts it (proc_pid_stat(5)); nothing where there is no `/proc`.

/// Fields of the file after the name in brackets, counted from the state, which is 0.
const OWN: [usize; 2] = [11, 12];
const CHILDREN: [usize; 2] = [13, 14];
/// `USER_HZ`, which Linux promises to programs whatever it counts in itself.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds that this process' ended children took, and theirs that they waited for.
pub fn of_children() -> Option<f64> {
    seconds("self", CHILDREN)
}

/// Seconds that a process took so far, with its children that ended.
pub fn of_process(pid: i32) -> Option<f64> {
    let pid = pid.to_string();
    Some(seconds(&pid, OWN)? + seconds(&pid, CHILDREN)?)
}

fn seconds(process: &str, fields: [usize; 2]) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let ticks = ticks(&stat, fields)?;
    Some(ticks as f64 / TICKS_PER_SECOND)
}

fn ticks(stat: &str, fields: [usize; 2]) -> Option<u64> {
    let words: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    fields.iter().map(|field| words.get(*field)?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_a_name_that_holds_anything() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 200 0 0 7 3 20 10 20 0 1 0 100 1000 50";
        assert_eq!(ticks(stat, OWN), Some(10));
        assert_eq!(ticks(stat, CHILDREN), Some(30));
        assert_eq!(ticks("42 (a", OWN), None);
    }
}
