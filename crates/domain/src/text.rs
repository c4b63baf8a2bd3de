//! Texts that people type: bounded, and free of characters that a table or a terminal chokes on.

/// The most characters of a name, a place, an article number.
pub const MAX_LINE: usize = 200;

/// The most characters of a description.
pub const MAX_LINES: usize = 2_000;

/// `text` without the blanks around it, if that is one line of 1 to [`MAX_LINE`] characters; control characters are
/// none.
pub fn line(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_LINE && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// `text` without the blanks around it, if that is at most [`MAX_LINES`] characters, line breaks and tabs among them.
/// May be empty.
pub fn lines(text: &str) -> Option<String> {
    let text = text.trim();
    let is_printable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let fits = text.chars().count() <= MAX_LINES && text.chars().all(is_printable);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed() {
        assert_eq!(line("  Waldorf Books \n"), Some("Waldorf Books".to_owned()));
    }

    #[test]
    fn a_blank_a_broken_and_an_overlong_line_are_none() {
        for text in ["", " \t ", "two\nlines", "nul\0", &"ß".repeat(201)] {
            assert_eq!(line(text), None, "{text:?}");
        }
        assert!(line(&"ß".repeat(200)).is_some(), "characters are counted, not bytes");
    }

    #[test]
    fn a_description_may_be_empty_and_have_many_lines() {
        assert_eq!(lines(""), Some(String::new()));
        assert_eq!(lines("one\n\ttwo"), Some("one\n\ttwo".to_owned()));
        assert_eq!(lines("nul\0"), None);
        assert_eq!(lines(&"x".repeat(2_001)), None);
    }
}
