//! The page inside a bundle: every sentence of it made from a fact that was checked, in English and Arabic.
//!
//! The page is a function of the bundle: whoever checks makes it anew and compares the bytes. The sentences stand in
//! `words.txt`, three lines each: a key, English, Arabic. What is put into them is isolated, so that a name or a number
//! cannot turn the text around it (UAX #9); control and direction characters are shown, not obeyed.

use std::fmt::Write as _;

use super::contents::Listed;
use super::facts::{Facts, RecordFact};

const WORDS: &str = include_str!("words.txt");
const STYLE: &str = include_str!("style.css");

/// A language of the page, by its line in `words.txt`.
#[derive(Clone, Copy)]
enum Language {
    English = 1,
    Arabic = 2,
}

/// A value put into a sentence.
enum Value<'v> {
    /// Numbers, keys, hashes, times: set from left to right.
    Technical(&'v str),
    /// Names and other words, set in their own direction.
    Words(&'v str),
}

type Values<'v> = &'v [(&'v str, Value<'v>)];

/// Writes the page.
pub(super) fn page(facts: &Facts<'_>, listed: &Listed) -> String {
    let mut page = Page(String::with_capacity(16 * 1024));
    page.line("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
    page.line(&format!("<title>{}</title>", escaped(&format!("Evidence from the log {}", facts.checkpoint.origin()))));
    page.line(&format!("<style>\n{STYLE}</style>\n</head>\n<body>"));
    page.statement(facts, Language::English);
    page.statement(facts, Language::Arabic);
    page.records(facts);
    page.contents(listed);
    page.line("</body>\n</html>");
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn statement(&mut self, facts: &Facts<'_>, language: Language) {
        let (lang, dir) = match language {
            Language::English => ("en", "ltr"),
            Language::Arabic => ("ar", "rtl"),
        };
        let origin = facts.checkpoint.origin().as_str();
        self.line(&format!("<section lang=\"{lang}\" dir=\"{dir}\">"));
        self.line(&format!("<h1>{}</h1>", sentence(language, "title", &[("origin", Value::Words(origin))])));
        self.line(&format!("<p>{}</p>", sentence(language, "intro", &[])));
        self.line(&format!("<h2>{}</h2>\n<ul>", sentence(language, "h-shows", &[])));
        self.shown(facts, language);
        self.line(&format!("</ul>\n<h2>{}</h2>\n<ul>", sentence(language, "h-not", &[])));
        self.not_shown(facts, language);
        self.line(&format!("</ul>\n<h2>{}</h2>", sentence(language, "h-check", &[])));
        self.line(&format!("<p>{}</p>", sentence(language, "check", &[])));
        // No key is filled in: one from this page would prove the page by itself.
        self.line("<pre>ceasefire check-proof FILE --log-key KEY</pre>");
        self.line(&format!("<p>{}</p>\n</section>", sentence(language, "check-other", &[])));
    }

    fn item(&mut self, language: Language, key: &str, values: Values<'_>) {
        self.line(&format!("<li>{}</li>", sentence(language, key, values)));
    }

    fn shown(&mut self, facts: &Facts<'_>, language: Language) {
        use Value::{Technical, Words};
        let (origin, size, root) = (
            facts.checkpoint.origin().as_str(),
            facts.checkpoint.size().to_string(),
            facts.checkpoint.root().to_base64(),
        );
        let positions = positions(facts.records.iter().map(|record| record.read.seq));
        self.item(language, "records", &[("origin", Words(origin)), ("positions", Technical(&positions))]);
        self.item(language, "tree", &[("size", Technical(&size)), ("root", Technical(&root))]);
        self.item(language, "signature", &[("key", Technical(&facts.log_key.to_string()))]);
        for witness in &facts.witnesses {
            let values =
                [("name", Words(&witness.name)), ("time", Technical(&witness.at)), ("key", Technical(&witness.key))];
            self.item(language, "witness", &values);
        }
        if facts.asks_for_witnesses && facts.missing.is_empty() {
            self.item(language, "quorum", &[]);
        }
        let opened: usize = facts.records.iter().map(|record| record.disclosures.len()).sum();
        if opened > 0 {
            self.item(language, "disclosed", &[("count", Technical(&opened.to_string()))]);
        }
        for file in facts.files.iter().filter(|file| file.enclosed) {
            let (name, record) = (file.blake3.to_string(), file.record.to_string());
            self.item(language, "file", &[("file", Technical(&name)), ("record", Technical(&record))]);
        }
        for size in &facts.stamped {
            self.item(language, "stamp", &[("size", Technical(&size.to_string()))]);
        }
        for file in facts.files.iter().filter(|file| file.stamped) {
            self.item(language, "file-stamp", &[("file", Technical(&file.blake3.to_string()))]);
        }
    }

    fn not_shown(&mut self, facts: &Facts<'_>, language: Language) {
        use Value::{Technical, Words};
        for key in ["not-true", "not-keys", "not-all", "not-when"] {
            self.item(language, key, &[]);
        }
        if !facts.asks_for_witnesses {
            self.item(language, "not-witnessed", &[]);
        }
        if !facts.missing.is_empty() {
            self.item(language, "not-quorum", &[("missing", Words(&facts.missing.join(", ")))]);
        }
        let closed: usize = facts.records.iter().map(|record| record.closed).sum();
        if closed > 0 {
            self.item(language, "not-opened", &[("count", Technical(&closed.to_string()))]);
        }
        for file in facts.files.iter().filter(|file| !file.enclosed) {
            let (name, record) = (file.blake3.to_string(), file.record.to_string());
            self.item(language, "not-file", &[("file", Technical(&name)), ("record", Technical(&record))]);
        }
        if !facts.stamped.is_empty() || facts.files.iter().any(|file| file.stamped) {
            self.item(language, "not-stamp", &[]);
        }
        for record in facts.records.iter().filter(|record| record.read.signed) {
            self.item(language, "not-signed", &[("record", Technical(&record.read.seq.to_string()))]);
        }
    }

    fn records(&mut self, facts: &Facts<'_>) {
        self.line("<section>");
        self.heading("h2", "h-records", &[]);
        for record in &facts.records {
            self.record(record);
        }
        self.line("</section>");
    }

    /// What else is in the file, so that a printed page names every byte of it.
    fn contents(&mut self, listed: &Listed) {
        self.line("<section>");
        self.heading("h2", "h-contents", &[]);
        self.line("<table>");
        for (name, (bytes, sha256)) in listed {
            self.line(&format!(
                "<tr><th>{}</th><td><bdi class=\"t\" dir=\"ltr\">{bytes}</bdi></td><td><bdi class=\"t\" dir=\"ltr\">{sha256}</bdi></td></tr>",
                escaped(name)
            ));
        }
        self.line("</table>\n</section>");
    }

    /// A heading in both languages, each at its own side.
    fn heading(&mut self, tag: &str, key: &str, values: Values<'_>) {
        let (english, arabic) = (sentence(Language::English, key, values), sentence(Language::Arabic, key, values));
        self.line(&format!(
            "<{tag}><span lang=\"en\" dir=\"ltr\">{english}</span><span lang=\"ar\" dir=\"rtl\">{arabic}</span></{tag}>"
        ));
    }

    fn record(&mut self, record: &RecordFact<'_>) {
        self.line("<article>");
        self.heading("h3", "record", &[("record", Value::Technical(&record.read.seq.to_string()))]);
        self.line("<table>");
        for (key, value) in [("m-recorded", record.read.at.to_string()), ("m-hash", record.read.hash.to_string())] {
            let (english, arabic) = (word(Language::English, key), word(Language::Arabic, key));
            let head = format!("{english} · <bdi lang=\"ar\">{arabic}</bdi>");
            self.line(&format!("<tr><th>{head}</th><td><bdi class=\"t\" dir=\"ltr\">{value}</bdi></td></tr>"));
        }
        for member in &record.read.members {
            let (path, value) = (escaped(&member.path), escaped(&member.value));
            self.line(&format!("<tr><th>{path}</th><td dir=\"auto\">{value}</td></tr>"));
        }
        let (english, arabic) = (word(Language::English, "m-opened"), word(Language::Arabic, "m-opened"));
        for disclosure in record.disclosures {
            let head = format!("{english} · <bdi lang=\"ar\">{arabic}</bdi> {}", escaped(disclosure.pointer()));
            let value = escaped(disclosure.value());
            self.line(&format!("<tr class=\"o\"><th>{head}</th><td dir=\"auto\">{value}</td></tr>"));
        }
        self.line("</table>\n</article>");
    }
}

/// A sentence with its values put in.
fn sentence(language: Language, key: &str, values: Values<'_>) -> String {
    let mut text = word(language, key);
    for (name, value) in values {
        let value = match value {
            Value::Technical(value) => format!("<bdi class=\"t\" dir=\"ltr\">{}</bdi>", escaped(value)),
            Value::Words(value) => format!("<bdi>{}</bdi>", escaped(value)),
        };
        text = text.replace(&format!("{{{name}}}"), &value);
    }
    text
}

/// A sentence of `words.txt`, escaped.
fn word(language: Language, key: &str) -> String {
    let entry = WORDS.split("\n\n").find(|entry| entry.split('\n').next() == Some(key));
    escaped(entry.and_then(|entry| entry.split('\n').nth(language as usize)).unwrap_or_default())
}

/// Text as HTML shows it; control and direction characters are spelt out.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ if is_shown_as_code(character) => {
                let _ = write!(html, "\\u{{{:x}}}", u32::from(character));
            }
            _ => html.push(character),
        }
    }
    html
}

const fn is_shown_as_code(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}

/// `7, 9–12`: positions in order, neighbours joined.
fn positions(numbers: impl Iterator<Item = u64>) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let word = |(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first}–{last}") };
    runs.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_stands_there_in_both_languages_with_the_same_places() {
        let places = |text: &str| {
            let mut names: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect();
            names.sort();
            names
        };
        let mut keys = Vec::new();
        for entry in WORDS.trim_end().split("\n\n") {
            let [key, english, arabic] = entry.split('\n').collect::<Vec<_>>()[..] else { panic!("{entry}") };
            assert_eq!(places(english), places(arabic), "{key}");
            assert!(arabic.chars().any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter)), "{key}");
            keys.push(key);
        }
        assert_eq!(keys.len(), 32);
        let source = include_str!("page.rs");
        keys.retain(|key| !source.contains(&format!("\"{key}\"")));
        assert_eq!(keys, [""; 0], "no place of the page uses these");
    }

    #[test]
    fn what_would_turn_or_end_the_text_is_shown() {
        assert_eq!(escaped("a<b>&\"\u{202e}\n\u{2028}é گنجه"), "a&lt;b&gt;&amp;&quot;\\u{202e}\\u{a}\\u{2028}é گنجه");
        assert_eq!(positions([7, 9, 10, 11, 20].into_iter()), "7, 9–11, 20");
        let text = sentence(Language::Arabic, "signature", &[("key", Value::Technical("<x>"))]);
        assert_eq!(text, "الشجرة موقَّعة بمفتاح السجل <bdi class=\"t\" dir=\"ltr\">&lt;x&gt;</bdi>.");
    }
}
