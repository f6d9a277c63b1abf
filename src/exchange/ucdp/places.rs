//! The dataset's places: a country, its regions, and what lies in them, each registered under the name it is given.

use super::Cells;
use super::columns::Column;
use crate::exchange::cells::whole_text;
use crate::exchange::import::Draft;
use crate::exchange::place_chain::PlaceChain;
use crate::vocab::PlaceId;

/// Gives the place of a row, as finely as it is known, and what registers it and those around it.
///
/// The geographic precision says what the name is of: 1, 2 and 5 a place of its own, 3 a second-order region, 4 a
/// first-order region, 6 the country. With 7 (the open sea or the air) the country alone is not claimed.
pub(super) fn of(cells: &Cells<'_>) -> (Option<PlaceId>, Vec<Draft>) {
    let precision = cells.choice(Column::WherePrec, 7).ok().flatten();
    let (Some(country), Some(number)) = (cells.text(Column::Country), cells.text(Column::CountryId)) else {
        return (None, Vec::new());
    };
    if precision == Some(7) {
        return (None, Vec::new());
    }
    let mut chain = PlaceChain::country("ucdp", country, &whole_text(number));
    if precision != Some(6) {
        chain.down(cells.text(Column::Adm1), "first-order region");
        if precision != Some(4) {
            chain.down(cells.text(Column::Adm2), "second-order region");
        }
        if matches!(precision, Some(1 | 2 | 5) | None) {
            chain.down(cells.text(Column::WhereCoordinates), "place");
        }
    }
    (chain.last, chain.registers)
}
