//! JSON pointers (RFC 6901): the place of a value in a document.

/// Appends a step to a pointer: a field's name, or the number of an item.
pub fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    for c in step.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// The pointer to a field, or to an item, of what `pointer` leads to.
#[must_use]
pub fn step_to(pointer: &str, step: &str) -> String {
    let mut longer = String::with_capacity(pointer.len() + step.len() + 1);
    longer.push_str(pointer);
    push_step(&mut longer, step);
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_signs_of_pointers_is_escaped() {
        assert_eq!(step_to("", "all"), "/all");
        assert_eq!(step_to("/all", "0"), "/all/0");
        assert_eq!(step_to("/a", "m/~1"), "/a/m~1~01");
    }
}
