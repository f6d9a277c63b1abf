//! I13: quoted words come out of the log byte for byte as they went in.

use ceasefire_ledger::event::{Event, ViolationReported};
use ceasefire_ledger::record::Body;
use ceasefire_ledger::vocab::{ActorRef, Instant, Precision, Seq, Source, Text, TzBasis, When, Where};
use proptest::prelude::*;

use super::cases;
use super::ledger_support::{Given, ledger_in, reader_of};
use super::support_random::{actor, body, incident};

/// Words with everything that a careless hand would mend: direction marks, decomposed letters, joiners, controls.
fn words() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "\u{202E}",
        "\u{2066}",
        "\u{2069}",
        "\u{200F}",
        "e\u{301}",
        "\u{212B}",
        "\u{1E9B}\u{323}",
        "\u{FEFF}",
        "\u{200D}",
        "\u{1}",
        "\u{7}",
        "\u{1b}",
        "\u{7f}",
        "\u{85}",
        "\n",
        "\r",
        "\t",
        "\"",
        "\\",
        "\\u0041",
        "/",
        "\u{2028}",
        "\u{E000}",
        "\u{10FFFF}",
        "قره باغ",
        "Գանձակ",
        "👩‍🚀",
        "  ",
        "</script>",
        "=1+1",
    ])
    .prop_map(ToOwned::to_owned);
    let any = any::<char>().prop_filter("no NUL", |character| *character != '\0').prop_map(|c| c.to_string());
    proptest::collection::vec(prop_oneof![odd, any], 0..24).prop_map(|parts| parts.concat())
}

fn quoting(key: usize, words: &str) -> Given {
    let text = Text::new(words).unwrap();
    let source = Source { quote: Some(text.clone()), ..Source::speaker(ActorRef::Actor(actor("recorder"))) };
    let mut report = ViolationReported::new(incident(key), source);
    let at = Some(Instant::MIN);
    report.when =
        Some(When { verbatim: Some(text.clone()), ..When::between(at, at, Precision::Year, TzBasis::Unstated) });
    report.place = Some(Where::described(text.clone()));
    report.summary = Some(text);
    body(&format!("words/{key}"), report.into())
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn i13_quoted_words_are_byte_for_byte_what_was_given(quotes in proptest::collection::vec(words(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let bodies: Vec<Given> = quotes.iter().enumerate().map(|(key, words)| quoting(key, words)).collect();
        let ledger = ledger_in(&folder.path().join("ledger"), &bodies);
        let reader = reader_of(ledger.folder());
        for (seq, ((_, text), words)) in (2..).zip(bodies.iter().zip(&quotes)) {
            let record = reader.record_at(Seq::new(seq)).unwrap().unwrap();
            prop_assert_eq!(record.body(), text);
            let Event::ViolationReported(report) = Body::read(record.body()).unwrap().event else {
                panic!("record {seq} is a report")
            };
            let kept = [report.source.quote, report.summary, report.place.unwrap().verbatim, report.when.unwrap().verbatim];
            for kept in kept {
                prop_assert_eq!(kept.as_ref().map(|text| text.as_str().as_bytes()), Some(words.as_bytes()));
            }
        }
    }
}

#[test]
fn i13_a_body_keeps_its_own_spelling_of_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let (_, plain) = quoting(0, "Ա/b");
    let spelled = plain.replace("Ա/b", "\\u0531\\/b").replace("\"key\":", " \"key\" : ");
    let body = Body::read(&spelled).unwrap();
    assert_eq!(body, Body::read(&plain).unwrap());
    let ledger = ledger_in(&folder.path().join("ledger"), &[(body, spelled.clone())]);
    assert_eq!(ledger.reader().record_at(Seq::new(2)).unwrap().unwrap().body(), spelled);
}
