//! Files that are not what they should be: each is refused with file, line and column, a hint, and nothing written.

use crate::desk::Desk;

/// The least that the format ucdp reads.
const HEADER: &str = "id,side_a,side_b,date_start,low,best,high,where_coordinates";

fn row(id: u32, place: &str) -> String {
    format!("{id},A,B,2016-01-01,1,1,1,{place}")
}

#[test]
fn bad_files_are_refused_with_file_line_column_and_hint() {
    let latin1 =
        [HEADER.as_bytes(), b"\n", row(1, "x").as_bytes(), b"\n", row(2, "K").as_bytes(), b"\xf6ln\n"].concat();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(HEADER.bytes().flat_map(|byte| [byte, 0])).collect();
    let ragged = format!("{HEADER}\n{}\n2,A,B\n", row(1, "x"));
    let wide = format!("{}\n", ",".repeat(1_000_000));
    let long = format!("{}\n", (0..1_000_000).map(|number| format!("c{number}")).collect::<Vec<_>>().join(","));
    let quote = format!("{HEADER}\n{}\n{}\n", row(1, "x"), row(2, "\"never closed"));
    let zip = b"PK\x03\x04 and so on".to_vec();
    let twice = format!("{HEADER}\n{}\n{}\n", row(1, "x"), row(1, "y"));
    let same_name = format!("{HEADER},id\n");
    let cases: [(&str, Vec<u8>, &str, &str, &str); 9] = [
        ("latin1.csv", latin1, "latin1.csv:3:25", "CF0101", "WINDOWS-1252"),
        ("utf16.csv", utf16, "utf16.csv:1:1", "CF0101", "UTF-8"),
        ("ragged.csv", ragged.into_bytes(), "ragged.csv:3:1", "CF0702", "quotes"),
        ("wide.csv", wide.into_bytes(), "wide.csv:1:1", "CF0701", "columns"),
        ("long.csv", long.into_bytes(), "long.csv:1:1", "CF0701", "columns"),
        ("quote.csv", quote.into_bytes(), "quote.csv:3:1", "CF0701", "quote"),
        ("zip.csv", zip, "zip.csv:1:1", "CF0101", "xlsx"),
        ("twice.csv", twice.into_bytes(), "twice.csv:3:1", "CF0704", "id of its own"),
        ("names.csv", same_name.into_bytes(), "names.csv:1:61", "CF0703", "name of its own"),
    ];
    let desk = Desk::new();
    for (name, bytes, place, code, hint) in cases {
        let said = desk.refused("ucdp", &desk.write(name, bytes), &[]);
        assert!(said.contains(place) && said.contains(code), "{name}: expected {place} and {code}: {said}");
        assert!(said.lines().any(|line| line.starts_with("hint:") && line.contains(hint)), "{name}: {said}");
    }
}

#[test]
fn dates_in_three_formats_are_refused_each_at_its_row() {
    let desk = Desk::new();
    let text = format!(
        "{HEADER}\n1,A,B,2016-01-31,1,1,1,x\n2,A,B,31/01/2016,1,1,1,x\n3,A,B,\"Jan 31, 2016\",1,1,1,x\n4,A,B,2016-02-31,1,1,1,x\n"
    );
    let said = desk.refused("ucdp", &desk.write("dates.csv", text), &[]);
    for place in ["dates.csv:3:7", "dates.csv:4:7", "dates.csv:5:7"] {
        assert!(said.contains(place), "{place}: {said}");
    }
    assert!(said.contains("CF0204") && said.contains("3 of 4 rows"), "{said}");
}
