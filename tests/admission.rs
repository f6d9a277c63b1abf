//! Hostile input: what is malformed, unauthorised or contradicts itself is refused with its code and its place, and
//! the log's bytes stay as they were.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a ledger that cannot be made is a failed test"
)]

mod ledger_support;

use ceasefire_ledger::ledger::{AppendError, Ledger};
use ceasefire_ledger::log::AppendError as LogAppendError;
use ceasefire_ledger::record::{Body, EncodeError, JsonFaultKind, MAX_RECORD_BYTES, check_json, check_json_bytes};
use ceasefire_ledger::vocab::{Code, Fault, Seq};
use ledger_support::{ledger_in, log_bytes, nk_bodies};
use tempfile::TempDir;

/// A ledger of the seed to send things to.
struct Door {
    ledger: Ledger,
    _temp: TempDir,
}

impl Door {
    fn open() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let ledger = ledger_in(&temp.path().join("ledger"), &nk_bodies());
        Self { ledger, _temp: temp }
    }

    /// Knocks with one body; whatever the answer, a refusal leaves the log as it was, and the next body is welcome.
    fn refused(&mut self, texts: &[&str]) -> AppendError {
        let before = (self.ledger.head(), log_bytes(self.ledger.folder()));
        let batch: Vec<(Body, String)> =
            texts.iter().map(|text| (Body::read(text).unwrap(), (*text).to_owned())).collect();
        let error = self.ledger.append_bodies(&batch, None).unwrap_err();
        let would = self.ledger.would_append(&batch).map(drop);
        assert!(would.is_err() || matches!(error, AppendError::Log(_)), "a dry run says the same");
        assert_eq!((self.ledger.head(), log_bytes(self.ledger.folder())), before);
        error
    }

    fn faults(&mut self, event: &str) -> Vec<Fault> {
        match self.refused(&[&wrapped("door", event)]) {
            AppendError::Refused { index: 0, faults } => faults,
            other => panic!("{event}: {other:?}"),
        }
    }

    /// Expects exactly one fault.
    fn fault(&mut self, event: &str) -> Fault {
        let mut faults = self.faults(event);
        assert_eq!(faults.len(), 1, "{event}: {faults:?}");
        faults.remove(0)
    }

    fn expect(&mut self, event: &str, code: Code, pointer: &str) {
        let fault = self.fault(event);
        assert_eq!((fault.code, fault.pointer.as_str()), (code, pointer), "{event}: {fault}");
    }

    fn admits(&mut self, key: &str, event: &str) -> Seq {
        let text = wrapped(key, event);
        let receipts = self.ledger.append_bodies(&[(Body::read(&text).unwrap(), text)], None);
        receipts.unwrap_or_else(|error| panic!("{event}: {error:?}"))[0].seq
    }
}

fn wrapped(key: &str, event: &str) -> String {
    format!(r#"{{"origin":"example.org/nk2020","by":"recorder","key":"{key}","event":{event}}}"#)
}

/// A violation report that would be admitted, with one more member.
fn report(member: &str) -> String {
    let rest = if member.is_empty() { String::new() } else { format!(",{member}") };
    format!(
        r#"{{"type":"violation.reported","v":1,"incident":"I-9","act":"shelling","source":{{"speaker":[{{"actor":"AZE"}}]}}{rest}}}"#
    )
}

fn quantity(members: &str) -> String {
    report(&format!(r#""quantities":[{{{members}}}]"#))
}

// Before anything is understood.

#[test]
fn text_that_breaks_an_input_rule_is_refused_with_rule_pointer_and_place() {
    use JsonFaultKind as K;
    let body = |event: &str| wrapped("k", event);
    let deep = format!("{}{}", r#"{"a":"#.repeat(200), "1".to_owned() + &"}".repeat(200));
    let at_sixteen = "/a".repeat(16);
    let long_text = "x".repeat(16 * 1024 + 1);
    let cases: Vec<(String, K, &str, usize)> = vec![
        (format!("\u{feff}{}", body(&report(""))), K::ByteOrderMark, "", 1),
        (body(&report(r#""note":"a","note":"b""#)), K::DuplicateKey, "/event/note", 0),
        (body(&report(r#""note":"a","n\u006fte":"b""#)), K::DuplicateKey, "/event/note", 0),
        (body(&quantity(r#""op":"exact","min":13.0,"unit":"person""#)), K::Float, "/event/quantities/0/min", 0),
        (body(&quantity(r#""op":"exact","min":1e1,"unit":"person""#)), K::Float, "/event/quantities/0/min", 0),
        (
            body(&quantity(r#""op":"exact","min":9007199254740993,"unit":"person""#)),
            K::IntegerTooLarge,
            "/event/quantities/0/min",
            0,
        ),
        (deep, K::TooDeep, &at_sixteen, 81),
        (body(&report(r#""note":"\ud83d""#)), K::LoneSurrogate, "/event/note", 0),
        (body(&report(&format!(r#""note":"{long_text}""#))), K::TextTooLong, "/event/note", 0),
        (body(&report("")) + "x", K::TrailingBytes, "", 0),
        (format!(r#"{{"a":"{}"}}"#, "x".repeat(1024 * 1024)), K::RecordTooLong, "", 1),
    ];
    for (text, kind, pointer, column) in cases {
        let fault = check_json(&text).unwrap_err();
        let shown: String = text.chars().take(200).collect();
        assert_eq!((fault.kind, fault.pointer.as_str(), fault.line), (kind, pointer, 1), "{shown}");
        assert!(column == 0 || fault.column == column, "{} in {shown}", fault.column);
    }
    let broken = check_json_bytes(b"{\"a\":\"\xc3\x28\"}").unwrap_err();
    assert_eq!((broken.kind, broken.line, broken.column), (K::NotUtf8, 1, 7));
}

#[test]
fn a_body_of_the_wrong_shape_is_not_read_and_the_reader_says_where() {
    let cases = [
        (report(r#""note":"a","note":"b""#), "duplicate field `note`"),
        (report(r#""incident":"I-8""#), "duplicate field `incident`"),
        (quantity(r#""op":"exact","min":13.5,"unit":"person""#), "invalid type: floating point `13.5`"),
        (quantity(r#""op":"exact","min":-1,"unit":"person""#), "invalid value: integer `-1`"),
        (quantity(r#""op":"exact","min":"13","unit":"person""#), "invalid type: string \"13\""),
        (quantity(r#""op":"exactly","min":13,"unit":"person""#), "unknown variant `exactly`"),
        (report(r#""severity":"high""#), "unknown field `severity`"),
        (report(r#""note":"\udc00""#), "lone leading surrogate"),
        (report(r#""when":{"earliest":"2020-02-31T00:00:00Z","precision":"day","tz_basis":"stated"}"#), "RFC 3339"),
        (
            report(r#""when":{"earliest":"2020-10-10T00:00:00.1234567Z","precision":"day","tz_basis":"stated"}"#),
            "microsecond",
        ),
        (report("").replace("I-9", "I 9"), "is not an id"),
        (report("").replace("I-9", "../../etc"), "is not an id"),
        (report("").replace(r#""v":1"#, r#""v":0"#), "version 0 of `violation.reported` was never released"),
        (
            report("").replace(r#""type":"violation.reported","v":1"#, r#""v":1,"type":"violation.reported""#),
            "begins with",
        ),
        (r#"{"type":"violation.reported","v":1}"#.to_owned(), "missing field `incident`"),
    ];
    for (event, message) in cases {
        let error = Body::read(&wrapped("k", &event)).unwrap_err();
        assert!(error.to_string().contains(message), "{event}: {error}");
    }
    for (text, message) in [
        (wrapped("k", &report("")) + "{}", "trailing characters"),
        (wrapped("k", &report("")).replacen('{', r#"{"extra":1,"#, 1), "unknown field `extra`"),
        (
            wrapped("k", &report("")).replacen(r#""by":"recorder""#, r#""by":"recorder","by":"AZE""#, 1),
            "duplicate field `by`",
        ),
        (format!("\u{feff}{}", wrapped("k", &report(""))), "expected value"),
    ] {
        let error = Body::read(&text).unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
}

#[test]
fn names_with_direction_or_control_characters_are_not_read_and_quotes_with_them_are() {
    for hidden in ["\\u202e", "\\u2066", "\\u200f", "\\u200b", "\\u0000", "\\u0007", "\\ufeff", "e\\u0301", "x\\u200d"]
    {
        let actor = format!(
            r#"{{"type":"actor.registered","v":1,"actor":"X","kind":"state","names":[{{"lang":"en","text":"Na{hidden}"}}]}}"#
        );
        let error = Body::read(&wrapped("k", &actor)).unwrap_err().to_string();
        assert!(error.contains("not allowed here") || error.contains("normal form C"), "{hidden}: {error}");
    }
    let mut door = Door::open();
    let quote = r#""summary":"turned \u202e round, e\u0301, \u0007""#;
    door.admits("quoted", &report(quote));
}

#[test]
fn a_line_longer_than_a_record_is_refused_by_the_log_and_nothing_is_written() {
    let mut door = Door::open();
    let means = vec![format!(r#""{}""#, "m".repeat(500)); 2_100].join(",");
    let text = wrapped("long", &report(&format!(r#""means":[{means}]"#)));
    assert!(text.len() > 1024 * 1024);
    assert_eq!(check_json(&text).unwrap_err().kind, JsonFaultKind::RecordTooLong);
    match door.refused(&[&text]) {
        AppendError::Log(LogAppendError::Refused { index: 0, source: EncodeError::TooLong { bytes } }) => {
            assert!(bytes > MAX_RECORD_BYTES);
        }
        other => panic!("{other:?}"),
    }
    door.admits("next", &report(""));
}

#[test]
fn a_line_break_inside_a_body_never_reaches_the_log() {
    let mut door = Door::open();
    let text = wrapped("broken", &report("")).replacen(',', ",\n", 1);
    let error = door.refused(&[&text]);
    let AppendError::Log(LogAppendError::Refused { index: 0, source: EncodeError::LineBreak { offset } }) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(text.as_bytes()[offset], b'\n');
}

// What contradicts itself.

#[test]
fn a_quantity_that_contradicts_itself_is_refused_at_the_number() {
    let mut door = Door::open();
    let at = |member: &str| format!("/event/quantities/0/{member}");
    for (members, code, member) in [
        (r#""op":"range","min":40,"max":12,"unit":"person""#, Code::BoundsOrder, "max"),
        (r#""op":"more_than","min":40,"max":90,"unit":"person""#, Code::BadQuantity, "max"),
        (r#""op":"exact","unit":"person""#, Code::BadQuantity, "min"),
        (r#""op":"exact","min":9007199254740993,"unit":"person""#, Code::IntegerTooLarge, "min"),
        (r#""op":"less_than","max":0,"unit":"person""#, Code::BadQuantity, "max"),
        (r#""op":"exact","min":3,"triple":{"low":1,"best":2,"high":3},"unit":"person""#, Code::BadQuantity, "triple"),
    ] {
        door.expect(&quantity(members), code, &at(member));
    }
}

#[test]
fn a_published_triple_holds_no_number_that_json_readers_would_round() {
    let mut door = Door::open();
    let event = quantity(r#""op":"range","triple":{"low":1,"best":2,"high":9007199254740993},"unit":"person""#);
    door.expect(&event, Code::IntegerTooLarge, "/event/quantities/0/triple/high");
}

#[test]
fn parts_and_wholes_in_different_units_are_refused_at_the_part() {
    let mut door = Door::open();
    let parts = |whole: &str, part: &str| {
        report(&format!(
            r#""quantities":[{{"op":"exact","min":13,"unit":"{whole}"}},{{"op":"exact","min":2,"unit":"{part}","subset_of":{{"quantity":0}}}}]"#
        ))
    };
    door.expect(&parts("person", "house"), Code::MixedUnits, "/event/quantities/1/subset_of/quantity");
    let itself = report(r#""quantities":[{"op":"exact","min":2,"unit":"person","subset_of":{"quantity":0}}]"#);
    door.expect(&itself, Code::SelfReference, "/event/quantities/0/subset_of/quantity");
    let nowhere = itself.replace(r#"{"quantity":0}"#, r#"{"quantity":7}"#);
    door.expect(&nowhere, Code::MixedUnits, "/event/quantities/0/subset_of/quantity");
    let tally = r#"{"type":"tally.reported","v":1,"counter":"c","values":[{"op":"exact","min":1,"unit":"person"}],"breakdown":[{"op":"exact","min":1,"unit":"shot"}],"source":{"speaker":[{"actor":"AZE"}]}}"#;
    door.expect(tally, Code::MixedUnits, "/event/breakdown/0/unit");
    door.admits("same", &parts("person", "person"));
}

#[test]
fn a_time_that_ends_before_it_begins_is_refused_at_its_end() {
    let mut door = Door::open();
    let when = |members: &str| report(&format!(r#""when":{{{members},"precision":"day","tz_basis":"stated"}}"#));
    let backwards = when(r#""earliest":"2020-10-18T00:00:00Z","latest":"2020-10-10T00:00:00Z""#);
    door.expect(&backwards, Code::TimeOrder, "/event/when/latest");
    let zones = when(r#""earliest":"2020-10-10T00:00:00+03:00","latest":"2020-10-10T00:00:00+04:00""#);
    door.expect(&zones, Code::TimeOrder, "/event/when/latest");
    door.expect(&when(r#""ucdp":1"#), Code::BadTime, "/event/when");
    let source = report("").replace(
        r#"[{"actor":"AZE"}]"#,
        r#"[{"actor":"AZE"}],"asserted":{"earliest":"2020-10-18T00:00:00Z","latest":"2020-10-10T00:00:00Z","precision":"day","tz_basis":"stated"}"#,
    );
    door.expect(&source, Code::TimeOrder, "/event/source/asserted/latest");
}

#[test]
fn a_level_and_its_accused_fit_together() {
    let mut door = Door::open();
    let charge = |members: &str| report(&format!(r#""attribution":{{{members}}}"#));
    let at = "/event/attribution/level";
    door.expect(&charge(r#""level":"alleged_by_opponent""#), Code::LevelWithoutAccused, at);
    door.expect(&charge(r#""accused":[{"actor":"ARM"}],"level":"none_stated""#), Code::LevelWithoutAccused, at);
    let rule = charge(r#""accused":[{"actor":"ARM"}],"level":"derived_by_rule""#);
    door.expect(&rule, Code::MissingField, "/event/attribution/basis");
    let one = charge(r#""accused":[{"any_of":["ARM"]}],"level":"implied""#);
    door.expect(&one, Code::EmptyList, "/event/attribution/accused/0/any_of");
}

#[test]
fn a_report_of_nothing_by_nobody_is_refused_twice_over() {
    let mut door = Door::open();
    let nothing = r#"{"type":"violation.reported","v":1,"incident":"I-9","source":{"speaker":[]}}"#;
    let mut found: Vec<(Code, String)> =
        door.faults(nothing).into_iter().map(|fault| (fault.code, fault.pointer.to_string())).collect();
    found.sort();
    let expected =
        [(Code::NothingSaid, "/event".to_owned()), (Code::SourceMissing, "/event/source/speaker".to_owned())];
    assert_eq!(found, expected);
    let place = report(r#""where":{"lat_e6":90000001,"lon_e6":1}"#);
    door.expect(&place, Code::BadPlace, "/event/where/lat_e6");
    let half = door.faults(&report(r#""where":{"lat_e6":1}"#));
    assert!(
        half.iter().all(|fault| (fault.code, fault.pointer.as_str()) == (Code::BadPlace, "/event/where")),
        "{half:?}"
    );
}

// What refers to what is not there.

#[test]
fn an_unknown_id_is_refused_where_it_stands_with_the_nearest_known() {
    let mut door = Door::open();
    let about = |about: &str| {
        format!(
            r#"{{"type":"statement.made","v":1,"by":[{{"actor":"UN"}}],"kind":"concern","about":[{about}],"source":{{"speaker":[{{"actor":"UN"}}]}}}}"#
        )
    };
    let cases = [
        (
            report(r#""attribution":{"accused":[{"actor":"AMR"}],"level":"implied"}"#),
            Code::UnknownActor,
            "/event/attribution/accused/0/actor",
            Some("ARM"),
        ),
        (
            report("").replace(r#""actor":"AZE""#, r#""actor":"AZE.Mod""#),
            Code::UnknownActor,
            "/event/source/speaker/0/actor",
            Some("AZE.MoD"),
        ),
        (report(r#""where":{"place":"gania"}"#), Code::UnknownPlace, "/event/where/place", Some("ganja")),
        (about(r#"{"incident":"I-99"}"#), Code::UnknownIncident, "/event/about/0/incident", Some("I-1")),
        (
            about(r#"{"ceasefire":"nk-2020-10-11"}"#),
            Code::UnknownCeasefire,
            "/event/about/0/ceasefire",
            Some("nk-2020-10-10"),
        ),
        (about(r#"{"ceasefire":"zz"}"#), Code::UnknownCeasefire, "/event/about/0/ceasefire", None),
        (about(r#"{"record":{"key":"nk-2020/ACC9"}}"#), Code::UnknownRecord, "/event/about/0/record", None),
        (about(r#"{"record":{"seq":119}}"#), Code::UnknownRecord, "/event/about/0/record", None),
        (
            report(r#""asserts_breach_of":{"asserted":[{"ceasefire":"nk-2020-10-1O"}]}"#),
            Code::UnknownCeasefire,
            "/event/asserts_breach_of/asserted/0/ceasefire",
            Some("nk-2020-10-10"),
        ),
    ];
    for (event, code, pointer, suggestion) in cases {
        let fault = door.fault(&event);
        let found = (fault.code, fault.pointer.as_str(), fault.suggestion.as_deref());
        assert_eq!(found, (code, pointer, suggestion), "{event}");
    }
}

#[test]
fn a_record_never_refers_to_itself_or_to_what_comes_later() {
    let mut door = Door::open();
    let part = r#""quantities":[{"op":"exact","min":1,"unit":"person","subset_of":{"record":{"key":"door"}}}]"#;
    door.expect(&report(part), Code::UnknownRecord, "/event/quantities/0/subset_of/record");
    let statement = r#"{"type":"statement.made","v":1,"by":[{"actor":"UN"}],"kind":"concern","about":[{"incident":"I-9"}],"source":{"speaker":[{"actor":"UN"}]}}"#;
    let (before, after) = (wrapped("1", statement), wrapped("2", &report("")));
    let AppendError::Refused { index: 0, faults } = door.refused(&[&before, &after]) else { panic!("the first") };
    assert_eq!((faults[0].code, faults[0].pointer.as_str()), (Code::UnknownIncident, "/event/about/0/incident"));
    let batch = [after, before].map(|text| (Body::read(&text).unwrap(), text));
    assert_eq!(door.ledger.append_bodies(&batch, None).unwrap().len(), 2, "in the other order they are welcome");
}

#[test]
fn taken_ids_and_names_that_look_like_others_are_refused() {
    let mut door = Door::open();
    let named = |id: &str, name: &str| {
        format!(
            r#"{{"type":"actor.registered","v":1,"actor":"{id}","kind":"state","names":[{{"lang":"ru","text":"X"}},{{"lang":"en","text":"{name}"}}]}}"#
        )
    };
    door.expect(&named("ARM", "Somewhere"), Code::AlreadyRegistered, "/event/actor");
    // The first letter is Cyrillic.
    for name in ["\u{0410}rmenia", "Armenia", "ARMENIA", "Arm\u{0435}nia"] {
        let fault = door.fault(&named("ARM2", name));
        assert_eq!((fault.code, fault.pointer.as_str()), (Code::Confusable, "/event/names/1/text"), "{name}");
        assert_eq!(fault.suggestion.as_deref(), Some("ARM"), "{name}");
    }
    let place = r#"{"type":"place.registered","v":1,"place":"ganja","names":[{"lang":"en","text":"G"}]}"#;
    door.expect(place, Code::AlreadyRegistered, "/event/place");
    let twice = named("ARM2", "Y").replace(r#""lang":"ru""#, r#""lang":"en""#);
    door.expect(&twice, Code::BadName, "/event/names/1/lang");
    // Two of one batch look alike.
    let batch = [wrapped("1", &named("P", "Pax")), wrapped("2", &named("Q", "P\u{0430}x").replace("\"X\"", "\"Z\""))];
    let AppendError::Refused { index: 1, faults } = door.refused(&[&batch[0], &batch[1]]) else { panic!("the second") };
    assert_eq!((faults[0].code, faults[0].suggestion.as_deref()), (Code::Confusable, Some("P")));
    // The first gets its name by a correction.
    let renamed =
        named("UN", "Pax").replace(r#"{"lang":"ru","text":"X"},"#, "").replace("state", "international_organisation");
    let renamed = wrapped("1", &correction(r#"{"key":"nk-2020/actor/UN"}"#, &renamed));
    let AppendError::Refused { index: 1, faults } = door.refused(&[&renamed, &batch[1]]) else { panic!("the second") };
    assert_eq!((faults[0].code, faults[0].suggestion.as_deref()), (Code::Confusable, Some("UN")));
}

// What mends badly.

fn correction(target: &str, replacement: &str) -> String {
    format!(
        r#"{{"type":"record.corrected","v":1,"target":{target},"by":"recorder","reason":"misread","replacement":{replacement}}}"#
    )
}

fn retraction(target: &str) -> String {
    format!(r#"{{"type":"record.retracted","v":1,"target":{target},"by":"source","reason":"taken back"}}"#)
}

#[test]
fn a_correction_replaces_like_with_like() {
    let mut door = Door::open();
    let target = r#"{"key":"nk-2020/I2.killed"}"#;
    let quiet = r#"{"type":"quiet.reported","v":1,"where":{"place":"ganja"},"during":{"earliest":"2020-10-10T00:00:00Z","precision":"day","tz_basis":"stated"},"source":{"speaker":[{"actor":"AZE"}]}}"#;
    door.expect(&correction(target, quiet), Code::BadKind, "/event/replacement/type");
    door.expect(&correction(target, &report("")), Code::BadKind, "/event/replacement");
    let seal = r#"{"type":"act.identified","v":1,"records":[{"seq":2},{"seq":3}],"reason":"x"}"#;
    let mut codes: Vec<Code> = door.faults(&correction(target, seal)).into_iter().map(|fault| fault.code).collect();
    codes.sort();
    assert_eq!(codes, [Code::BadKind, Code::NotCorrectable]);
    let inside = quantity(r#""op":"range","min":4,"max":2,"unit":"person""#).replace("I-9", "I-2");
    door.expect(&correction(target, &inside), Code::BoundsOrder, "/event/replacement/quantities/0/max");
    door.expect(&correction(r#"{"seq":999}"#, &report("")), Code::UnknownRecord, "/event/target");
    let both = correction(r#"{"seq":2,"key":"x"}"#, &report(""));
    assert!(door.faults(&both).iter().any(|f| f.code == Code::UnknownRecord && f.pointer.as_str() == "/event/target"));
    door.admits("corrected", &correction(target, &report("").replace("I-9", "I-2")));
}

#[test]
fn what_is_retracted_is_not_mended_again_however_it_is_named() {
    let mut door = Door::open();
    let by_key = r#"{"key":"nk-2020/I2.killed"}"#;
    let seq = {
        let record = ceasefire_ledger::vocab::RecordRef::keyed("nk-2020/I2.killed".parse().unwrap());
        door.ledger.view().tables().resolve(&record, &"recorder".parse().unwrap()).unwrap().unwrap()
    };
    let by_seq = format!(r#"{{"seq":{seq}}}"#);
    // Within one batch, under two names for the same record.
    for (first, second) in [(by_key, by_key), (by_key, by_seq.as_str()), (by_seq.as_str(), by_key)] {
        let batch = [wrapped("r1", &retraction(first)), wrapped("r2", &retraction(second))];
        let error = door.refused(&[&batch[0], &batch[1]]);
        let AppendError::Refused { index: 1, faults } = error else { panic!("{first} then {second}: {error:?}") };
        assert_eq!((faults[0].code, faults[0].pointer.as_str()), (Code::AlreadyRetracted, "/event/target"));
    }
    door.admits("retracted", &retraction(by_key));
    for target in [by_key, by_seq.as_str()] {
        door.expect(&retraction(target), Code::AlreadyRetracted, "/event/target");
        let again = correction(target, &report("").replace("I-9", "I-2"));
        door.expect(&again, Code::AlreadyRetracted, "/event/target");
    }
    door.expect(&retraction(r#"{"key":"nk-2020/actor/ARM"}"#), Code::NotCorrectable, "/event/target");
    door.expect(&retraction(r#"{"key":"retracted"}"#), Code::NotCorrectable, "/event/target");
}

#[test]
fn what_is_joined_to_itself_or_split_from_where_it_is_not_is_refused() {
    let mut door = Door::open();
    let merged = r#"{"type":"incident.merged","v":1,"incident":"I-1","into":"I-1","reason":"x"}"#;
    door.expect(merged, Code::SelfReference, "/event/into");
    let split = r#"{"type":"incident.split","v":1,"incident":"I-1","out":"I-7","reason":"x"}"#;
    door.expect(split, Code::UnknownIncident, "/event/out");
    let taken = r#"{"type":"incident.split","v":1,"incident":"I-1","out":"I-2","records":[{"key":"nk-2020/I1.breach"}],"reason":"x"}"#;
    door.expect(taken, Code::AlreadyRegistered, "/event/out");
    let same = r#"{"type":"act.identified","v":1,"records":[{"seq":2},{"seq":2}],"reason":"x"}"#;
    door.expect(same, Code::SelfReference, "/event/records/1");
    let party = r#"{"type":"actor.related","v":1,"actor":"ARM","relation":"part_of","to":"ARM","source":{"speaker":[{"actor":"UN"}]}}"#;
    door.expect(party, Code::SelfReference, "/event/to");
}

#[test]
fn an_incident_is_split_only_from_what_it_was_merged_into() {
    let mut door = Door::open();
    let merged = r#"{"type":"incident.merged","v":1,"incident":"I-3","into":"I-1","reason":"x"}"#;
    door.admits("merge", merged);
    for (from, out) in [("I-2", "I-3"), ("I-1", "I-2")] {
        let split = format!(r#"{{"type":"incident.split","v":1,"incident":"{from}","out":"{out}","reason":"x"}}"#);
        assert_eq!(door.fault(&split).pointer.as_str(), "/event/out", "{split}");
    }
}

// Who may, and what only the ledger may.

#[test]
fn a_record_for_another_ledger_is_refused_at_its_origin() {
    let mut door = Door::open();
    let text = wrapped("k", &report("")).replace("nk2020", "nk2021");
    let AppendError::Refused { index: 0, faults } = door.refused(&[&text]) else { panic!("refused") };
    assert_eq!((faults[0].code, faults[0].pointer.as_str(), faults.len()), (Code::WrongOrigin, "/origin", 1));
}

#[test]
fn a_submitter_who_is_not_registered_is_not_let_in() {
    let mut door = Door::open();
    let text = wrapped("k", &report("")).replace(r#""by":"recorder""#, r#""by":"stranger""#);
    let error = door.refused(&[&text]);
    assert!(matches!(&error, AppendError::NotAllowed { index: 0, by } if by.as_str() == "stranger"), "{error:?}");
}

#[test]
fn a_key_that_was_used_for_something_else_is_refused_with_the_record_that_used_it() {
    let mut door = Door::open();
    let first = door.admits("used", &report(""));
    let error = door.refused(&[&wrapped("used", &report(r#""note":"other""#))]);
    let AppendError::KeyReused { index: 0, key, earlier } = &error else { panic!("{error:?}") };
    assert_eq!((key.as_str(), *earlier), ("used", first));
    // The same event in other bytes is other content: a signature would not fit it.
    let spaced = wrapped("used", &report("")).replacen(':', ": ", 1);
    assert!(matches!(door.refused(&[&spaced]), AppendError::KeyReused { index: 0, .. }));
    let batch = [wrapped("new", &report("")), wrapped("new", &report(r#""note":"other""#))];
    assert!(matches!(door.refused(&[&batch[0], &batch[1]]), AppendError::KeyReused { index: 1, .. }));
    // Another submitter's keys are his own.
    let other = wrapped("used", &report(r#""note":"other""#)).replace(r#""by":"recorder""#, r#""by":"AZE""#);
    door.ledger.append_bodies(&[(Body::read(&other).unwrap(), other)], None).unwrap();
}

#[test]
fn a_head_that_moved_is_a_conflict_and_nothing_is_written() {
    let mut door = Door::open();
    let seen = door.ledger.head().hash;
    door.admits("first", &report(""));
    let text = wrapped("second", &report(""));
    let before = log_bytes(door.ledger.folder());
    let error = door.ledger.append_bodies(&[(Body::read(&text).unwrap(), text)], Some(seen)).unwrap_err();
    let found = door.ledger.head().hash;
    assert!(matches!(error, AppendError::HeadMoved { expected, found: now } if expected == seen && now == found));
    assert_eq!(log_bytes(door.ledger.folder()), before);
}

#[test]
fn events_that_only_the_ledger_writes_and_events_from_the_future_are_refused() {
    let mut door = Door::open();
    let genesis = r#"{"type":"ledger.created","v":1,"origin":"example.org/nk2020","format":1,"recorder":{"actor":"recorder","names":[{"lang":"en","text":"R"}]},"zones":[0],"rules":"count/1"}"#;
    door.expect(genesis, Code::BadSegment, "/event/type");
    let zeros = "0".repeat(64);
    let seal = format!(
        r#"{{"type":"segment.sealed","v":1,"segment":"00000000000000000001.jsonl","first":1,"last":118,"bytes":1,"blake3":"{zeros}"}}"#
    );
    door.expect(&seal, Code::BadSegment, "/event/type");
    door.expect(r#"{"type":"drone.licensed","v":1,"a":1}"#, Code::UnknownEvent, "/event/type");
    door.expect(r#"{"type":"violation.reported","v":2}"#, Code::UnknownEvent, "/event/type");
}

#[test]
fn bytes_that_do_not_say_what_the_body_says_never_reach_the_log() {
    let mut door = Door::open();
    let (said, meant) = (wrapped("k", &report("")), wrapped("k", &report(r#""note":"something else""#)));
    let before = log_bytes(door.ledger.folder());
    let appended = door.ledger.append_bodies(&[(Body::read(&said).unwrap(), meant)], None);
    assert!(matches!(appended, Err(AppendError::OtherBytes { index: 0 })), "{appended:?}");
    assert_eq!(log_bytes(door.ledger.folder()), before);
}
