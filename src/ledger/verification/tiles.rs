//! The stored tiles are what the log comes to.

use super::VerifyError;
use super::checking::{Checking, Passed};
use super::report::Check;

/// The check of the stored tiles.
pub(super) struct Tiles;

const NAME: &str = "tiles";

impl Checking for Tiles {
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let tiles = passed.tree.tiles();
        let bad = tiles.different + tiles.missing + tiles.unreadable;
        Ok(vec![match (passed.is_sound(), tiles.same) {
            _ if passed.signed.size() == 0 => return Ok(Vec::new()),
            (false, _) => Check::cannot_tell(NAME, "not compared: the log they are made from is not what was signed"),
            (true, 0) if bad == tiles.missing => {
                Check::ok(NAME, "none stored; `ceasefire rebuild` makes them from the log")
            }
            (true, same) if bad == 0 => Check::ok(NAME, format!("{same} tiles are what the log comes to")),
            (true, same) => {
                let all = same + bad;
                let detail =
                    format!("{bad} of {all} are missing or damaged; `ceasefire rebuild` makes them anew from the log");
                Check::cannot_tell(NAME, detail)
            }
        }])
    }
}
