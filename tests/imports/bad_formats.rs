//! The same bad files against every format that reads them: each is refused with file, line and column, a hint and the
//! documented exit code, and nothing of it is written; not with `--keep-going` either, where the file cannot be read on.

use std::fs;

use crate::desk::{Desk, code, fixture, number, stderr};
use crate::sheets::{archive, row, text, workbook};

const BULLETIN: &str = r#"
dataset = "daily"
speaker = "MSN"
[day]
column = "day"
[actors.MSN]
kind = "monitor"
name = "The Mission"
[[counter]]
id = "violations"
counts = "period"
column = "all"
unit = "violation"
"#;

const TABLE: &str = r#"
dataset = "table"
id = ["no"]
[[record]]
type = "violation.reported"
[record.set]
"/source/speaker/0/unnamed" = "a table"
"/incident" = { column = "no", as = "id", prefix = "t-" }
"/when" = { column = "day", as = "time" }
"/where/verbatim" = { column = "place" }
"#;

/// How a format writes a row of an id, a day and a place; and its header.
struct Kind {
    format: &'static str,
    map: Option<&'static str>,
    header: &'static str,
    row: fn(&str, &str, &str) -> String,
    end: &'static str,
}

const KINDS: [Kind; 5] = [
    Kind {
        format: "ucdp",
        map: None,
        header: "id,date_start,where_coordinates,side_a,side_b,low,best,high\n",
        row: |id, day, place| format!("{id},{day},{place},A,B,1,1,1\n"),
        end: "",
    },
    Kind {
        format: "acled",
        map: None,
        header: "event_id_cnty,event_date,location,event_type\n",
        row: |id, day, place| format!("{id},{day},{place},Battles\n"),
        end: "",
    },
    Kind {
        format: "csv",
        map: Some(TABLE),
        header: "no,day,place\n",
        row: |id, day, place| format!("{id},{day},{place}\n"),
        end: "",
    },
    Kind {
        format: "kobo",
        map: Some("kobo"),
        header: "_uuid,day,place\n",
        row: |id, day, place| format!("{id},{day},{place}\n"),
        end: "",
    },
    Kind {
        format: "kobo",
        map: Some("kobo"),
        header: "[\n",
        row: |id, day, place| format!("{{\"_uuid\":\"{id}\",\"day\":\"{day}\",\"place\":\"{place}\"}},\n"),
        end: "{\"_uuid\":\"99\",\"day\":\"2031-05-09\",\"place\":\"end\"}]\n",
    },
];

impl Kind {
    fn map(&self, desk: &Desk) -> Vec<String> {
        let Some(map) = self.map else { return Vec::new() };
        let map = if map == "kobo" {
            TABLE.replace("id = [\"no\"]\n", "").replace("column = \"no\"", "column = \"_uuid\"")
        } else {
            map.to_owned()
        };
        vec!["--map".to_owned(), desk.write("map.toml", map).to_str().unwrap().to_owned()]
    }

    fn is_json(&self) -> bool {
        self.header.starts_with('[')
    }

    fn file(&self, rows: &[[&str; 3]]) -> String {
        let rows: String = rows.iter().map(|[id, day, place]| (self.row)(id, day, place)).collect();
        format!("{}{rows}{}", self.header, self.end)
    }

    /// What is said of a file that must be refused.
    fn refusal(&self, desk: &Desk, bytes: impl AsRef<[u8]>, more: &[&str]) -> String {
        let map = self.map(desk);
        let file = desk.write("bad.file", bytes);
        let more: Vec<&str> = map.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let said = desk.refused(self.format, &file, &more);
        assert!(said.contains("bad.file:"), "{}: no place: {said}", self.format);
        assert!(said.lines().any(|line| line.starts_with("hint:")), "{}: no hint: {said}", self.format);
        said
    }
}

const GOOD: [&str; 3] = ["1", "2031-05-01", "Oldbridge"];

#[test]
fn a_good_file_of_each_kind_comes_in_so_that_the_others_are_bad_for_one_reason() {
    for kind in &KINDS {
        let desk = Desk::new();
        let map = kind.map(&desk);
        let more: Vec<&str> = map.iter().map(String::as_str).collect();
        let answer = desk.import(kind.format, &desk.write("good.file", kind.file(&[GOOD])), &more);
        assert_eq!(number(&answer, "appended"), if kind.is_json() { 2 } else { 1 }, "{}", kind.format);
    }
}

#[test]
fn another_encoding_is_refused_at_its_byte() {
    for kind in &KINDS {
        let desk = Desk::new();
        let good = kind.file(&[GOOD, ["2", "2031-05-02", "K?ln"]]);
        let at = good.find('?').unwrap();
        let mut latin1 = good.clone().into_bytes();
        latin1[at] = 0xf6;
        let column = good[..at].rsplit('\n').next().unwrap().len() + 1;
        let said = kind.refusal(&desk, latin1, &[]);
        assert!(said.contains(&format!("bad.file:3:{column}")) && said.contains("CF0101"), "{}: {said}", kind.format);
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(good.bytes().flat_map(|byte| [byte, 0])).collect();
        let said = kind.refusal(&desk, wide, &["--keep-going"]);
        assert!(said.contains("bad.file:1:1") && said.contains("CF0101"), "{}: {said}", kind.format);
    }
}

#[test]
fn rows_with_too_few_or_too_many_cells_and_objects_that_are_cut_off_are_refused() {
    for kind in &KINDS {
        let desk = Desk::new();
        let whole = kind.file(&[GOOD]);
        if kind.is_json() {
            let said = kind.refusal(&desk, &whole[..whole.len() - 20], &["--keep-going"]);
            assert!(said.contains("bad.file:3:1") && said.contains("CF0103"), "{said}");
            let twice = whole.replacen("\"day\":", "\"day\":\"2031-05-02\",\"day\":", 1);
            let said = kind.refusal(&desk, twice, &[]);
            assert!(said.contains("bad.file:2:"), "{said}");
            continue;
        }
        for ragged in ["2,2031-05-02\n", "2,2031-05-02,a,b,c,d,e,f,g,h\n"] {
            let said = kind.refusal(&desk, format!("{whole}{ragged}"), &[]);
            assert!(said.contains("bad.file:3:") && said.contains("CF0702"), "{}: {said}", kind.format);
        }
    }
}

#[test]
fn a_header_of_a_million_columns_a_huge_cell_and_an_open_quote_are_refused_before_they_fill_the_memory() {
    for kind in KINDS.iter().filter(|kind| !kind.is_json()) {
        let desk = Desk::new();
        for header in [",".repeat(1_000_000), (0..1_000_000).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",")] {
            let said = kind.refusal(&desk, format!("{header}\n"), &["--keep-going"]);
            assert!(said.contains("bad.file:1:1") && said.contains("CF0701"), "{}: {said}", kind.format);
        }
    }
    let huge = "x".repeat(3_000_000);
    for kind in &KINDS {
        let desk = Desk::new();
        let said = kind.refusal(&desk, kind.file(&[GOOD, ["2", "2031-05-02", &huge]]), &["--keep-going"]);
        assert!(said.contains("bad.file:3:1") && said.contains("CF0701"), "{}: {said}", kind.format);
        // A text that a record cannot hold is a fault of its row alone.
        let long = "x".repeat(20_000);
        let said = kind.refusal(&desk, kind.file(&[GOOD, ["2", "2031-05-02", &long]]), &[]);
        assert!(said.contains("bad.file:3:"), "{}: {said}", kind.format);
    }
    for kind in KINDS.iter().filter(|kind| !kind.is_json()) {
        let desk = Desk::new();
        let said = kind.refusal(&desk, kind.file(&[GOOD, ["2", "2031-05-02", "\"never closed"], GOOD]), &[]);
        assert!(said.contains("bad.file:3:1") && said.contains("CF0701"), "{}: {said}", kind.format);
    }
}

#[test]
fn dates_in_other_forms_and_days_that_no_calendar_has_are_refused_each_at_its_row() {
    for kind in &KINDS {
        let desk = Desk::new();
        let days = ["2031-05-01", "05/31/2031", "31.5.31", "2031-02-31", "31 Febr. 2031"];
        let ids = ["1", "2", "3", "4", "5"];
        let rows: Vec<[&str; 3]> = ids.into_iter().zip(days).map(|(id, day)| [id, day, "x"]).collect();
        let said = kind.refusal(&desk, kind.file(&rows), &[]);
        for line in 3..=6 {
            assert!(said.contains(&format!("bad.file:{line}:")), "{} line {line}: {said}", kind.format);
        }
        assert!(!said.contains("bad.file:2:") && said.contains("4 of "), "{}: {said}", kind.format);
        assert!(said.contains("nothing was written"), "{said}");
    }
}

#[test]
fn one_id_with_two_contents_is_refused_at_the_second() {
    for kind in &KINDS {
        let desk = Desk::new();
        let said = kind.refusal(&desk, kind.file(&[GOOD, ["1", "2031-05-02", "Newmill"]]), &[]);
        assert!(said.contains("bad.file:3:") && said.contains("CF0704"), "{}: {said}", kind.format);
        assert!(said.contains("line 2"), "{}: {said}", kind.format);
    }
}

#[test]
fn what_was_refused_can_be_mended_in_the_file_of_refused_rows_of_each_kind() {
    for kind in &KINDS {
        let desk = Desk::new();
        let map = kind.map(&desk);
        let more: Vec<&str> = map.iter().map(String::as_str).collect();
        let file = desk.write("some.file", kind.file(&[GOOD, ["2", "soon", "Newmill"], ["3", "2031-05-03", "x"]]));
        let arguments = [&["import", kind.format, file.to_str().unwrap(), "--keep-going"], more.as_slice()].concat();
        let answer = desk.json_ending(4, &arguments);
        assert_eq!(number(&answer, "rejected"), 1, "{}", kind.format);
        let end = if kind.is_json() { "json" } else { "csv" };
        let rejects = desk.path(&format!("some.file.rejects.{end}"));
        let kept = fs::read_to_string(&rejects).unwrap();
        assert!(kept.contains("CF0204") && kept.contains("soon"), "{kept}");
        fs::write(&rejects, kept.replace("soon", "2031-05-02")).unwrap();
        let mended = desk.import(kind.format, &rejects, &more);
        assert_eq!((number(&mended, "rows"), number(&mended, "appended")), (1, 1), "{}", kind.format);
        let whole = kind.file(&[GOOD, ["2", "2031-05-02", "Newmill"], ["3", "2031-05-03", "x"]]);
        let again = desk.import(kind.format, &desk.write("whole.file", whole), &more);
        assert_eq!(number(&again, "records"), 0, "{}: a mended row is not the row of the whole file", kind.format);
    }
}

#[test]
fn a_bulletin_refuses_the_same() {
    let desk = Desk::new();
    let map = desk.write("map.toml", BULLETIN);
    let flood = vec![b' '; 48 * 1024 * 1024];
    let bomb = archive(&[("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", &flood)]);
    let head = [text("A1", "day"), text("B1", "all")].concat();
    let formula = [&text("A2", "2031-05-01"), r#"<c r="B2"><f>SUM(C1:C9)</f><v>3</v></c>"#].concat();
    let cells: [(&str, Vec<u8>, &str, &str); 9] = [
        ("latin1.csv", b"day,all\n2031-05-01,1\xb2\n".to_vec(), "latin1.csv:2:13", "CF0101"),
        ("ragged.csv", b"day,all\n2031-05-01\n".to_vec(), "ragged.csv:2:1", "CF0702"),
        ("wide.csv", ",".repeat(1_000_000).into_bytes(), "wide.csv:1:1", "CF0701"),
        ("twice.csv", b"day,all\n2031-05-01,1\n2031-05-01,2\n".to_vec(), "twice.csv:3:1", "CF0704"),
        ("dates.csv", b"day,all\n2031-05-01,1\n01/05/2031,2\n".to_vec(), "dates.csv:3:1", "CF0204"),
        ("formula.csv", b"day,all\n2031-05-01,=1+1\n".to_vec(), "formula.csv:2:12", "CF0710"),
        ("formula.xlsx", workbook(&[row(1, &head), row(2, &formula)].concat()), "formula.xlsx:2:2", "CF0710"),
        ("bomb.xlsx", bomb, "bomb.xlsx:1:1", "CF0712"),
        ("cut.json", b"[{\"day\":\"2031-05-01\",\"all\":1},\n{\"day\":".to_vec(), "cut.json:2:1", "CF0103"),
    ];
    for (name, bytes, place, wanted) in cells {
        let said = desk.refused("bulletin", &desk.write(name, bytes), &["--map", map.to_str().unwrap()]);
        assert!(said.contains(place) && said.contains(wanted), "{name}: {said}");
        assert!(said.lines().any(|line| line.starts_with("hint:")), "{name}: {said}");
    }
}

#[test]
fn a_workbook_with_a_header_beyond_what_a_sheet_holds_or_a_huge_cell_is_refused() {
    let desk = Desk::new();
    let map = desk.write("map.toml", TABLE);
    let letters = |mut number: usize| {
        let mut name = String::new();
        while number > 0 {
            name.insert(0, char::from(b'A' + u8::try_from((number - 1) % 26).unwrap()));
            number = (number - 1) / 26;
        }
        name
    };
    let wide: String =
        (1..=17_000).map(|number| text(&format!("{}1", letters(number)), &format!("c{number}"))).collect();
    let head = [text("A1", "no"), text("B1", "day"), text("C1", "place")].concat();
    let huge = [text("A2", "1"), text("B2", "2031-05-01"), text("C2", &"x".repeat(3_000_000))].concat();
    for (name, book, line) in [
        ("wide.xlsx", workbook(&row(1, &wide)), 1),
        ("huge.xlsx", workbook(&[row(1, &head), row(2, &huge)].concat()), 2),
    ] {
        let before = desk.log();
        let file = desk.write(name, book);
        let output = desk.run(&["import", "xlsx", file.to_str().unwrap(), "--map", map.to_str().unwrap()]);
        let said = stderr(&output);
        assert_eq!(code(&output), 3, "{said}");
        assert!(said.contains(&format!("{name}:{line}:")) && said.contains("hint:"), "{name}: {said}");
        assert_eq!(desk.log(), before);
    }
}

#[test]
fn a_gzip_bomb_is_a_row_without_end_in_each_format() {
    for kind in &KINDS {
        let desk = Desk::new();
        let map = kind.map(&desk);
        let more: Vec<&str> = map.iter().map(String::as_str).collect();
        let flood = if kind.is_json() { b"[{\"a\":\"".to_vec() } else { Vec::new() };
        let file = desk.gzip("bomb.gz", &[flood, vec![b'x'; 40_000_000]].concat());
        let said = desk.refused(kind.format, &file, &more);
        assert!(said.contains("CF0701") && said.contains("bomb.gz:1:"), "{}: {said}", kind.format);
    }
    assert!(fixture("forms/kobo.json").exists());
}
