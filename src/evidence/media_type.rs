//! A file's media type by the ending of its name: a first guess that the recorder may correct.

/// What a file is said to be where its ending is not known: bytes.
pub const UNKNOWN_MEDIA_TYPE: &str = "application/octet-stream";

/// Endings and the types registered with IANA for them: what monitors, newsrooms and courts hand in.
const TYPES: &[(&str, &str)] = &[
    ("7z", "application/x-7z-compressed"),
    ("aac", "audio/aac"),
    ("avi", "video/vnd.avi"),
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("flac", "audio/flac"),
    ("geojson", "application/geo+json"),
    ("gif", "image/gif"),
    ("gpx", "application/gpx+xml"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("kml", "application/vnd.google-earth.kml+xml"),
    ("kmz", "application/vnd.google-earth.kmz"),
    ("m4a", "audio/mp4"),
    ("md", "text/markdown"),
    ("mkv", "video/matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("tsr", "application/timestamp-reply"),
    ("txt", "text/plain"),
    ("warc", "application/warc"),
    ("wav", "audio/vnd.wave"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// Guesses from a name's ending, upper or lower case. Nothing is read: the name is a text and never opened.
#[must_use]
pub fn media_type_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let found = TYPES.binary_search_by(|(known, _)| (*known).cmp(ending.as_str()));
    found.ok().and_then(|index| TYPES.get(index)).map_or(UNKNOWN_MEDIA_TYPE, |(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_ending_is_found() {
        assert!(TYPES.is_sorted_by(|a, b| a.0 < b.0));
        for (ending, media_type) in TYPES {
            assert_eq!(media_type_of(&format!("patrol.{ending}")), *media_type);
        }
    }

    #[test]
    fn an_ending_in_capitals_is_known_and_a_strange_one_is_bytes() {
        assert_eq!(media_type_of("DSC_0001.JPG"), "image/jpeg");
        assert_eq!(media_type_of("minutes.v2.PDF"), "application/pdf");
        for strange in ["README", "photo.jpg.exe", "a.", "", ".jpgx"] {
            assert_eq!(media_type_of(strange), UNKNOWN_MEDIA_TYPE, "{strange:?}");
        }
    }
}
