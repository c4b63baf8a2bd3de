//! Reads the text that services expose to Prometheus.

use std::collections::BTreeMap;

/// One measured value and its labels.
#[derive(Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// All samples of an exposition; comments and what is not a sample are passed over.
pub(crate) fn parse(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Sample> {
    let (name, rest) = match line.split_once('{') {
        Some((name, rest)) => {
            let (labels, rest) = parse_labels(rest)?;
            return Some(Sample { name: name.to_owned(), labels, value: first_number(rest)? });
        }
        None => line.split_once(' ')?,
    };
    Some(Sample { name: name.to_owned(), labels: BTreeMap::new(), value: first_number(rest)? })
}

/// A time stamp may follow the value.
fn first_number(rest: &str) -> Option<f64> {
    rest.split_whitespace().next()?.parse().ok()
}

/// What stands between the braces, and what follows them. A value may hold commas, braces and escaped quotes.
fn parse_labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (key, after) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => match characters.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        labels.insert(key.to_owned(), value);
        rest = &after[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_with_and_without_labels() {
        let text = "# TYPE mall_outbox_waiting gauge\nmall_outbox_waiting 3\n\n\
                    mall_sagas{name=\"cosec.CreateOrder\",step=\"a, \\\"b\\\" {c}\",state=\"running\"} 2 1700000000000\n";
        let samples = parse(text);
        assert_eq!(samples[0], Sample { name: "mall_outbox_waiting".into(), labels: BTreeMap::new(), value: 3.0 });
        assert_eq!(samples[1].labels["step"], "a, \"b\" {c}");
        assert_eq!(samples[1].labels["state"], "running");
        assert_eq!(samples[1].value, 2.0);
    }
}
