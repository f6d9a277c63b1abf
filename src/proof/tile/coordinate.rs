//! Which tile: level, index and width, and the path it is served at.

use std::fmt;
use std::str::FromStr;

use crate::proof::tile::{TILE_HEIGHT, TILE_WIDTH};
use crate::proof::tree::{TREE_SIZE_MAX, parse_decimal};

/// The highest level a path may name.
const LEVEL_MAX: u8 = 63;

/// One tile of hashes: its level, its index within the level and how many hashes it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileCoordinate {
    level: u8,
    index: u64,
    width: u16,
}

impl TileCoordinate {
    /// The tile `index` of `level` as a tree of `size` leaves has it; `None` if it has no hash there.
    #[must_use]
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let width = hashes_at(level, size).saturating_sub(index.checked_mul(TILE_WIDTH.into())?).min(TILE_WIDTH.into());
        let width = u16::try_from(width).ok().filter(|&width| width > 0)?;
        Some(Self { level, index, width })
    }

    /// The same tile once it is full.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// The level, 0–63: each hash covers `256^level` leaves.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The position among the tiles of the level, from 0.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// The number of hashes, 1–256; below 256 the tile is partial.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }
}

/// One bundle of entries, those under the tile of level 0 with the same index and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleCoordinate {
    index: u64,
    width: u16,
}

impl BundleCoordinate {
    /// The bundle `index` as a log of `size` entries has it; `None` if it has no entry there.
    #[must_use]
    pub fn in_log(index: u64, size: u64) -> Option<Self> {
        TileCoordinate::in_tree(0, index, size).map(|tile| Self { index, width: tile.width })
    }

    /// The same bundle once it is full.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// The position among the bundles, from 0; the first entry is the log's entry `256 · index`, counted from 0.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// The number of entries, 1–256; below 256 the bundle is partial.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }
}

/// The path of a file of a tiled log, below its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TilePath {
    /// `tile/<level>/<index>[.p/<width>]`: hashes.
    Hashes(TileCoordinate),
    /// `tile/entries/<index>[.p/<width>]`: entries.
    Entries(BundleCoordinate),
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match *self {
            Self::Hashes(TileCoordinate { level, index, width }) => {
                write!(f, "tile/{level}/")?;
                (index, width)
            }
            Self::Entries(BundleCoordinate { index, width }) => {
                f.write_str("tile/entries/")?;
                (index, width)
            }
        };
        write_index(f, index)?;
        if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = ParseTilePathError;

    fn from_str(text: &str) -> Result<Self, ParseTilePathError> {
        let rest = text.strip_prefix("tile/").ok_or(ParseTilePathError::Prefix)?;
        let (level, rest) = rest.split_once('/').ok_or(ParseTilePathError::Index)?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, parse_width(width).ok_or(ParseTilePathError::Width)?),
            None => (rest, TILE_WIDTH),
        };
        let index = parse_index(index).ok_or(ParseTilePathError::Index)?;
        if level == "entries" {
            return Ok(Self::Entries(BundleCoordinate { index, width }));
        }
        let level = parse_level(level).ok_or(ParseTilePathError::Level)?;
        Ok(Self::Hashes(TileCoordinate { level, index, width }))
    }
}

/// Why a text is no path of a tiled log. Each tile has exactly one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseTilePathError {
    /// It does not begin with `tile/`.
    #[error("tile path does not begin with tile/")]
    Prefix,
    /// The level is neither `entries` nor 0–63 without leading zeros.
    #[error("tile level is neither entries nor a number from 0 to 63")]
    Level,
    /// The index is not written in groups of three digits, all but the last after an `x`.
    #[error("tile index is not written in groups of three digits, all but the last after an x")]
    Index,
    /// The width of a partial tile is not 1–255 without leading zeros.
    #[error("width of a partial tile is not a number from 1 to 255")]
    Width,
}

/// The tiles that a tree of `new_size` leaves has and one of `old_size` has not, or not as wide; lowest level first.
pub fn changed_tiles(old_size: u64, new_size: u64) -> impl Iterator<Item = TileCoordinate> {
    (0..TILE_HEIGHT).flat_map(move |level| {
        let indices = changed_indices(hashes_at(level, old_size), hashes_at(level, new_size));
        indices.filter_map(move |index| TileCoordinate::in_tree(level, index, new_size))
    })
}

/// The entry bundles that a log of `new_size` entries has and one of `old_size` has not, or not as wide.
pub fn changed_bundles(old_size: u64, new_size: u64) -> impl Iterator<Item = BundleCoordinate> {
    changed_indices(old_size, new_size).filter_map(move |index| BundleCoordinate::in_log(index, new_size))
}

/// How many hashes a level has in a tree of `size` leaves.
pub(super) fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

fn changed_indices(old_count: u64, new_count: u64) -> std::ops::Range<u64> {
    if new_count <= old_count {
        return 0..0;
    }
    let width = u64::from(TILE_WIDTH);
    old_count / width..new_count.div_ceil(width)
}

fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    if index >= 1000 {
        write_higher_groups(f, index / 1000)?;
    }
    write!(f, "{:03}", index % 1000)
}

fn write_higher_groups(f: &mut fmt::Formatter<'_>, groups: u64) -> fmt::Result {
    if groups >= 1000 {
        write_higher_groups(f, groups / 1000)?;
    }
    write!(f, "x{:03}/", groups % 1000)
}

fn parse_level(text: &str) -> Option<u8> {
    parse_decimal(text).and_then(|level| u8::try_from(level).ok()).filter(|&level| level <= LEVEL_MAX)
}

fn parse_width(text: &str) -> Option<u16> {
    parse_decimal(text).and_then(|width| u16::try_from(width).ok()).filter(|width| (1..TILE_WIDTH).contains(width))
}

fn parse_index(text: &str) -> Option<u64> {
    let (higher, last) = match text.rsplit_once('/') {
        Some((higher, last)) => (Some(higher), last),
        None => (None, text),
    };
    let mut index = 0;
    for group in higher.into_iter().flat_map(|groups| groups.split('/')) {
        index = append_group(index, group.strip_prefix('x')?)?;
        // A first group of zeros would be a second path to the same tile.
        if index == 0 {
            return None;
        }
    }
    append_group(index, last)
}

fn append_group(index: u64, group: &str) -> Option<u64> {
    if group.len() != 3 || !group.bytes().all(|symbol| symbol.is_ascii_digit()) {
        return None;
    }
    let group: u64 = group.parse().ok()?;
    index.checked_mul(1000)?.checked_add(group).filter(|&index| index <= TREE_SIZE_MAX / u64::from(TILE_WIDTH))
}
