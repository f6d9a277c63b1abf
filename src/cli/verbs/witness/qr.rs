//! A text as a QR code on a terminal, for a telephone's camera.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::vocab::Code;

/// Prints a text, dark on light where the terminal has colours, with the margin that a camera needs.
///
/// # Errors
/// `CF0651` where the text is longer than a QR code can hold, 2,953 bytes.
pub fn print(text: &str, console: &mut Console) -> Result<(), Complaint> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).map_err(|_| {
        let what = format!("{} bytes are more than a QR code can hold", text.len());
        Complaint::new(Outcome::Rejected, Code::BadRequestFile, what).hint("carry it as a file")
    })?;
    // Read as black on white: a filled half is dark, an empty one light.
    let picture = code.render::<Dense1x2>().dark_color(Dense1x2::Dark).light_color(Dense1x2::Light).build();
    for line in picture.lines() {
        let line = console.paint(Paint::Paper, line);
        console.line(line)?;
    }
    Ok(())
}
