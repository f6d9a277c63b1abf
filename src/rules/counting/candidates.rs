//! Candidates for duplicates (C2): incidents that may be one, and how far that lowers a number. Nothing is merged by it.

use std::collections::{BTreeMap, HashMap};

use super::RuleSet;
use super::kinds::Kinds;
use crate::rules::claims::Site;
use crate::rules::incident::IncidentFacts;
use crate::vocab::{Instant, PlaceId, Span};

/// The incidents with a time, a place and an accused, and of each what is needed to find it near another: a few dozen bytes,
/// because most are accused of whom others are, and where others are.
#[derive(Default)]
pub(super) struct Dated {
    drawers: Vec<Drawer>,
    accused: Kinds<u32>,
    sites: Kinds<Site>,
}

/// So many of them lie together. A list that grows moves house; drawers stay where they are.
const DRAWER: usize = 1 << 14;

#[derive(Default)]
struct Drawer {
    ids: String,
    incidents: Vec<One>,
}

struct One {
    start: Instant,
    end: Instant,
    /// Where its id ends in the drawer's `ids`; it begins where the one before ends.
    id_end: u32,
    accused: u32,
    sites: u32,
    stands_in: u32,
}

impl One {
    const fn when(&self) -> Span {
        Span { from: Some(self.start), to: Some(self.end) }
    }
}

impl Dated {
    /// Takes an incident: whom it accuses, by the numbers of their columns, and the numbers that it stands in, as one number.
    pub(super) fn push(&mut self, facts: &IncidentFacts, when: Span, accused: &[u32], stands_in: u32) {
        let (accused, sites) = (self.accused.number_of(accused), self.sites.number_of(&facts.sites));
        let one = One { start: when.start(), end: when.end(), id_end: 0, accused, sites, stands_in };
        self.put(facts.incident.as_str(), &one);
    }

    fn put(&mut self, id: &str, one: &One) {
        if self.drawers.last().is_none_or(|drawer| drawer.incidents.len() == DRAWER) {
            self.drawers.push(Drawer::default());
        }
        let Some(drawer) = self.drawers.last_mut() else { return };
        drawer.ids.push_str(id);
        let id_end = u32::try_from(drawer.ids.len()).unwrap_or(u32::MAX);
        drawer.incidents.push(One { id_end, ..*one });
    }

    /// Puts them in order of id, where they are not.
    pub(super) fn in_order(self) -> Self {
        if self.all().is_sorted_by_key(|index| self.id(index)) {
            return self;
        }
        let mut order: Vec<usize> = self.all().collect();
        order.sort_by_key(|index| self.id(*index));
        let mut ordered = Self::default();
        for index in order {
            if let Some(one) = self.one(index) {
                ordered.put(self.id(index), one);
            }
        }
        Self { drawers: ordered.drawers, ..self }
    }

    /// Gives the places at which they stand.
    pub(super) fn all(&self) -> std::ops::Range<usize> {
        let full = self.drawers.len().saturating_sub(1) * DRAWER;
        0..self.drawers.last().map_or(0, |drawer| full + drawer.incidents.len())
    }

    /// Gives the id of the one at a place.
    pub(super) fn id(&self, index: usize) -> &str {
        let Some(drawer) = self.drawers.get(index / DRAWER) else { return "" };
        let end = |at: usize| drawer.incidents.get(at).map_or(0, |one| one.id_end as usize);
        let start = (index % DRAWER).checked_sub(1).map_or(0, end);
        drawer.ids.get(start..end(index % DRAWER)).unwrap_or_default()
    }

    /// Gives the numbers that the one at a place stands in, as one number.
    pub(super) fn stands_in(&self, index: usize) -> Option<u32> {
        self.one(index).map(|one| one.stands_in)
    }

    fn one(&self, index: usize) -> Option<&One> {
        self.drawers.get(index / DRAWER)?.incidents.get(index % DRAWER)
    }
}

/// Where to look for what is near: a registered place, or a square of about five kilometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Locality<'a> {
    Place(&'a PlaceId),
    Square(i64, i64),
}

/// The side of a square, in micro-degrees.
const SQUARE_E6: i64 = 50_000;

impl<'a> Locality<'a> {
    fn of(site: &'a Site) -> Self {
        match (&site.place, site.point) {
            (Some(place), _) => Self::Place(place),
            (None, Some((lat, lon, _))) => Self::Square(lat.div_euclid(SQUARE_E6), lon.div_euclid(SQUARE_E6)),
            (None, None) => Self::Square(i64::MAX, i64::MAX),
        }
    }

    /// The locality itself, and for a square the eight around it.
    fn around(site: &'a Site) -> Vec<Self> {
        match Self::of(site) {
            Self::Square(lat, lon) if lat != i64::MAX => {
                (-1..=1).flat_map(|north| (-1..=1).map(move |east| Self::Square(lat + north, lon + east))).collect()
            }
            only => vec![only],
        }
    }
}

/// Joins incidents, in order of id, that are near in place, overlap in time and have an accused in common. One sweep in
/// order of time; each incident is joined to the open one that ends last, which is enough to join every group.
///
/// Gives the pairs by where they stand in `dated`; only those at `indexes` are looked at.
pub(super) fn join(rules: RuleSet, dated: &Dated, indexes: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut in_order: Vec<u32> = indexes.filter_map(|index| u32::try_from(index).ok()).collect();
    in_order.sort_unstable_by_key(|&index| (dated.one(index as usize).map(|one| one.start), index));
    let mut open: HashMap<(u32, Locality<'_>), (&One, usize)> = HashMap::new();
    let mut joined = Vec::new();
    for index in in_order.into_iter().map(|index| index as usize) {
        let Some(incident) = dated.one(index) else { continue };
        let (sites, accused) = (dated.sites.list(incident.sites), dated.accused.list(incident.accused));
        for (&accused, site) in accused.iter().flat_map(|a| sites.iter().map(move |site| (a, site))) {
            for locality in Locality::around(site) {
                if let Some(&(earlier, other)) = open.get(&(accused, locality))
                    && earlier.when().meets(incident.when())
                    && other != index
                    && are_near(rules, dated.sites.list(earlier.sites), sites)
                {
                    joined.push((other.min(index), other.max(index)));
                }
            }
            let here = open.entry((accused, Locality::of(site))).or_insert((incident, index));
            if here.0.end <= incident.end {
                *here = (incident, index);
            }
        }
    }
    joined.sort_unstable();
    joined.dedup();
    joined
}

/// Tells whether any of the one's places is near any of the other's: the same registered place, or circles that lie within
/// the rules' distance of each other.
#[must_use]
pub fn are_near(rules: RuleSet, sites: &[Site], others: &[Site]) -> bool {
    sites.iter().any(|one| {
        others.iter().any(|other| {
            let same_place = one.place.is_some() && one.place == other.place;
            let points = one.point.zip(other.point);
            same_place
                || points.is_some_and(|((lat, lon, r), (lat2, lon2, r2))| {
                    within_m((lat, lon), (lat2, lon2), rules.near_m.saturating_add(r).saturating_add(r2))
                })
        })
    })
}

/// How many merges it takes to make each joined group one.
pub(super) fn merges(pairs: &[(usize, usize)]) -> u64 {
    let mut parent: BTreeMap<usize, usize> = pairs.iter().flat_map(|&(a, b)| [(a, a), (b, b)]).collect();
    let mut merged = 0;
    for &(a, b) in pairs {
        if let (Some(a), Some(b)) = (root(&mut parent, a), root(&mut parent, b))
            && a != b
        {
            parent.insert(a.max(b), a.min(b));
            merged += 1;
        }
    }
    merged
}

fn root(parent: &mut BTreeMap<usize, usize>, start: usize) -> Option<usize> {
    let mut current = *parent.get(&start)?;
    while let Some(&next) = parent.get(&current)
        && next != current
    {
        current = next;
    }
    parent.insert(start, current);
    Some(current)
}

/// Whether two points are within a distance, reckoned on a flat map of the neighbourhood: good to about a metre at the
/// distances that candidates are looked for at, and not near the poles.
fn within_m((lat, lon): (i64, i64), (lat2, lon2): (i64, i64), metres: u64) -> bool {
    const METRES_PER_DEGREE: f64 = 111_320.0;
    let degrees = |micro: i64| f64::from(i32::try_from(micro).unwrap_or(i32::MAX)) / 1e6;
    let mean_latitude = f64::midpoint(degrees(lat), degrees(lat2));
    let north = (degrees(lat) - degrees(lat2)) * METRES_PER_DEGREE;
    let turn = (degrees(lon) - degrees(lon2)).abs();
    let east = turn.min(360.0 - turn) * METRES_PER_DEGREE * mean_latitude.to_radians().cos();
    let limit = f64::from(u32::try_from(metres).unwrap_or(u32::MAX));
    north.hypot(east) <= limit
}
