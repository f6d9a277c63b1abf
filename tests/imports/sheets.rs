//! Workbooks: cells by their type, formulas, and archives that are not what they seem.

use std::io::Write;

use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::desk::{Desk, number};

const MAP: &str = r#"
dataset = "sheet"
id = ["no"]
sheet = "Data"

[[record]]
type = "violation.reported"

[record.set]
"/source/speaker/0/unnamed" = "a sheet"
"/incident" = { column = "no", as = "id", prefix = "s-" }
"/when" = { column = "day", as = "time" }
"/where/verbatim" = { column = "place" }
"/quantities/0" = { column = "killed", as = "quantity", unit = "person", outcome = "killed" }
"#;

/// A workbook of one sheet with two styles: plain, and a date.
pub(crate) fn workbook(rows: &str) -> Vec<u8> {
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#;
    let root = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
    let styles = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"#;
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    );
    archive(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

pub(crate) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn text(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn header() -> String {
    format!(
        r#"<row r="2">{}{}{}{}</row>"#,
        text("A2", "no"),
        text("B2", "day"),
        text("C2", "place"),
        text("D2", "killed")
    )
}

pub(crate) fn row(number: u32, cells: &str) -> String {
    format!(r#"<row r="{number}">{cells}</row>"#)
}

#[test]
fn numbers_dates_and_texts_of_a_sheet_are_read_as_what_they_are() {
    let desk = Desk::new();
    let map = desk.write("map.toml", MAP);
    let first = [
        r#"<c r="A4"><v>7</v></c><c r="B4" s="1"><v>44121</v></c>"#,
        &text("C4", "Gəncə"),
        r#"<c r="D4"><v>13</v></c>"#,
    ]
    .concat();
    let second =
        [&text("A6", "x y"), r#"<c r="B6" s="1"><v>44121.8125</v></c><c r="D6" t="str"><v>&gt;40</v></c>"#].concat();
    let book = workbook(&[header(), row(4, &first), row(6, &second)].concat());
    let answer = desk.import("xlsx", &desk.write("book.xlsx", &book), &["--map", map.to_str().unwrap()]);
    assert_eq!(number(&answer, "appended"), 2);
    let reports = desk.events_of("violation.reported");
    assert_eq!(reports[0]["incident"], "s-7");
    assert_eq!(
        (&reports[0]["when"]["earliest"], &reports[0]["when"]["precision"]),
        (&json!("2020-10-17T00:00:00Z"), &json!("day"))
    );
    assert_eq!((&reports[0]["where"]["verbatim"], &reports[0]["quantities"][0]["min"]), (&json!("Gəncə"), &json!(13)));
    assert_eq!(reports[1]["when"]["earliest"], "2020-10-17T19:30:00Z");
    assert_eq!(reports[1]["quantities"][0]["op"], "more_than");
    assert_eq!(number(&desk.import("xlsx", &desk.path("book.xlsx"), &["--map", map.to_str().unwrap()]), "records"), 0);
}

#[test]
fn a_formula_is_refused_at_its_cell_unless_the_mapping_takes_its_value() {
    let desk = Desk::new();
    let cells =
        [r#"<c r="A3"><v>7</v></c>"#, &text("C3", "Oldbridge"), r#"<c r="D3"><f>SUM(E1:E9)</f><v>13</v></c>"#].concat();
    let file = desk.write("book.xlsx", workbook(&[header(), row(3, &cells)].concat()));
    let map = desk.write("map.toml", MAP);
    let said = desk.refused("xlsx", &file, &["--map", map.to_str().unwrap()]);
    assert!(said.contains("book.xlsx:3:4") && said.contains("CF0710") && said.contains("at killed"), "{said}");
    let map = desk.write("map.toml", MAP.replace("sheet = \"Data\"", "sheet = \"Data\"\nformulas = \"value\""));
    assert_eq!(number(&desk.import("xlsx", &file, &["--map", map.to_str().unwrap()]), "appended"), 1);
    assert_eq!(desk.events_of("violation.reported")[0]["quantities"][0]["min"], 13);
}

#[test]
fn a_workbook_that_unpacks_into_a_flood_is_refused_before_it_is_read() {
    let desk = Desk::new();
    let map = desk.write("map.toml", MAP);
    let flood = vec![b' '; 48 * 1024 * 1024];
    let bomb = archive(&[("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", &flood)]);
    assert!(bomb.len() < 200_000, "{} bytes", bomb.len());
    let said = desk.refused("xlsx", &desk.write("bomb.xlsx", bomb), &["--map", map.to_str().unwrap()]);
    assert!(said.contains("CF0712") && said.contains("sheet1.xml") && said.contains("bomb.xlsx:1:1"), "{said}");
}

#[test]
fn what_is_no_workbook_is_refused_with_what_it_seems_to_be() {
    let desk = Desk::new();
    let map = desk.write("map.toml", MAP);
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("text.xlsx", b"no,day\n1,2\n".to_vec(), "csv"),
        ("old.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1........".to_vec(), "without a password"),
        ("cut.xlsx", workbook(&header())[..400].to_vec(), "anew"),
        ("empty.xlsx", workbook(""), "is empty"),
        ("other.xlsx", workbook(&header()), "Data"),
    ];
    for (name, bytes, word) in cases {
        let map = if name == "other.xlsx" {
            desk.write("other.toml", MAP.replace("\"Data\"", "\"Facts\""))
        } else {
            map.clone()
        };
        let said = desk.refused("xlsx", &desk.write(name, bytes), &["--map", map.to_str().unwrap()]);
        assert!(said.contains(name) && said.contains(word) && said.contains("CF07"), "{name}: {said}");
    }
}

#[test]
fn a_cell_beyond_the_header_and_a_refused_row_have_their_place() {
    let desk = Desk::new();
    let map = desk.write("map.toml", MAP);
    let cells = [r#"<c r="A3"><v>7</v></c>"#, &text("C3", "Oldbridge"), &text("F3", "stray")].concat();
    let good = [r#"<c r="A4"><v>8</v></c>"#, &text("C4", "Oldbridge")].concat();
    let file = desk.write("book.xlsx", workbook(&[header(), row(3, &cells), row(4, &good)].concat()));
    let said = desk.refused("xlsx", &file, &["--map", map.to_str().unwrap()]);
    assert!(said.contains("book.xlsx:3:5") && said.contains("CF0702"), "{said}");
    let arguments = ["import", "xlsx", file.to_str().unwrap(), "--map", map.to_str().unwrap(), "--keep-going"];
    assert_eq!(number(&desk.json_ending(4, &arguments), "appended"), 1);
    let rejects = desk.path("book.xlsx.rejects.csv");
    let kept = std::fs::read_to_string(&rejects).unwrap();
    std::fs::write(&rejects, kept.replace(",,stray", "")).unwrap();
    let answer = desk.import("csv", &rejects, &["--map", map.to_str().unwrap()]);
    assert_eq!(number(&answer, "appended"), 1, "{kept}");
}
