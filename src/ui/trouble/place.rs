//! Where the one panel of a trouble lies: over the largest rectangle of its own tiles, so that it hides nobody else's picture.

use std::collections::BTreeSet;

use super::Trouble;
use device::ChannelId;

/// The tiles of one page that a trouble concerns.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Which trouble, by its index.
    pub trouble: usize,
    /// Its tiles, by their index on the page.
    pub tiles: Vec<usize>,
    /// The largest rectangle that its tiles fill: left, top, right and bottom as fractions of the page.
    pub area: [f32; 4],
}

/// For every trouble that has several tiles on this page: which they are and where its panel may lie. Where a single one has no room for it, it says itself what is wrong.
#[must_use]
pub fn places(troubles: &[Trouble], tiles: &[(Option<ChannelId>, [f32; 4])]) -> Vec<Place> {
    let place = |(index, trouble): (usize, &Trouble)| {
        let own = tiles
            .iter()
            .enumerate()
            .filter(|(_, (channel, _))| channel.is_some_and(|channel| trouble.channels.contains(&channel)));
        let own: Vec<(usize, [f32; 4])> = own.map(|(index, (_, area))| (index, *area)).collect();
        let areas: Vec<[f32; 4]> = own.iter().map(|(_, area)| *area).collect();
        Some(Place {
            trouble: index,
            area: largest(&areas)?,
            tiles: own.into_iter().map(|(index, _)| index).collect(),
        })
    };
    troubles.iter().enumerate().filter_map(place).collect()
}

/// A fraction of the page as a whole number, so that edges that meet are equal.
fn whole(edge: f32) -> i64 {
    (f64::from(edge) * 1e4).round() as i64
}

/// The largest rectangle that these rectangles fill together.
fn largest(areas: &[[f32; 4]]) -> Option<[f32; 4]> {
    let edges = |low: usize, high: usize| -> Vec<f32> {
        let mut seen = BTreeSet::new();
        let mut edges: Vec<f32> = areas.iter().flat_map(|area| [area[low], area[high]]).collect();
        edges.sort_by(f32::total_cmp);
        edges.retain(|edge| seen.insert(whole(*edge)));
        edges
    };
    let (xs, ys) = (edges(0, 2), edges(1, 3));
    let inside = |x: usize, y: usize| {
        areas.iter().any(|[left, top, right, bottom]| {
            whole(*left) <= whole(xs[x])
                && whole(xs[x + 1]) <= whole(*right)
                && whole(*top) <= whole(ys[y])
                && whole(ys[y + 1]) <= whole(*bottom)
        })
    };
    let (columns, rows) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
    // How many rows upwards from here are filled without a gap.
    let mut filled = vec![0; columns];
    let mut best: Option<(f32, [f32; 4])> = None;
    for y in 0..rows {
        for (x, filled) in filled.iter_mut().enumerate() {
            *filled = if inside(x, y) { *filled + 1 } else { 0 };
        }
        for left in 0..columns {
            let mut height = usize::MAX;
            for (right, filled) in filled.iter().enumerate().skip(left) {
                height = height.min(*filled);
                if height == 0 {
                    break;
                }
                let area = [xs[left], ys[y + 1 - height], xs[right + 1], ys[y + 1]];
                let size = (area[2] - area[0]) * (area[3] - area[1]);
                if best.is_none_or(|(largest, _)| size > largest + 1e-6) {
                    best = Some((size, area));
                }
            }
        }
    }
    best.map(|(_, area)| area)
}

#[cfg(test)]
mod tests {
    use super::super::{Cause, Next, Scope};
    use super::*;
    use device::DeviceId;

    fn trouble(device: u64, channels: &[u16]) -> Trouble {
        let device = DeviceId(device);
        Trouble {
            scope: Scope::Device(device),
            cause: Cause::NoNetwork,
            since: None,
            next: Next::Unknown,
            devices: vec![device],
            channels: channels
                .iter()
                .map(|number| ChannelId {
                    device,
                    number: *number,
                })
                .collect(),
            held: BTreeSet::new(),
            answer: None,
        }
    }

    /// A page of `side` × `side` tiles from left to right, each with the device and the channel of its letter and place: `a` is
    /// device 1, a dot is empty.
    fn page(side: usize, letters: &str) -> Vec<(Option<ChannelId>, [f32; 4])> {
        let letters: Vec<char> = letters.chars().filter(|letter| !letter.is_whitespace()).collect();
        assert_eq!(letters.len(), side * side);
        let part = |index: usize| index as f32 / side as f32;
        let tile = |(index, letter): (usize, &char)| {
            let (x, y) = (index % side, index / side);
            let channel = (*letter != '.').then(|| ChannelId {
                device: DeviceId(u64::from(u32::from(*letter) - u32::from('a')) + 1),
                number: index as u16 + 1,
            });
            (channel, [part(x), part(y), part(x + 1), part(y + 1)])
        };
        letters.iter().enumerate().map(tile).collect()
    }

    fn all(device: u64) -> Trouble {
        trouble(device, &(1..=100).collect::<Vec<_>>())
    }

    #[test]
    fn one_recorder_on_the_whole_page_has_the_page() {
        let places = places(&[all(1)], &page(4, "aaaa aaaa aaaa aaaa"));
        assert_eq!(places.len(), 1);
        assert_eq!((places[0].area, places[0].tiles.len()), ([0.0, 0.0, 1.0, 1.0], 16));
    }

    #[test]
    fn scattered_tiles_have_their_largest_rectangle_and_nobody_elses_picture() {
        let places = places(&[all(1)], &page(4, "abba baaa baaa abba"));
        assert_eq!(places[0].area, [0.25, 0.25, 1.0, 0.75], "three by two tiles");
        assert_eq!(places[0].tiles, [0, 3, 5, 6, 7, 9, 10, 11, 12, 15]);
    }

    #[test]
    fn each_trouble_has_its_own_place_and_they_do_not_overlap() {
        let places = places(&[all(1), all(2)], &page(4, "aabb aabb aabb aab."));
        assert_eq!(places[0].area, [0.0, 0.0, 0.5, 1.0]);
        assert_eq!(places[1].area, [0.5, 0.0, 1.0, 0.75]);
    }

    #[test]
    fn a_single_tile_is_a_place_and_what_is_not_on_the_page_has_none() {
        let places = places(&[all(1), all(3)], &page(2, "abbb"));
        assert_eq!(places.len(), 1);
        assert_eq!((places[0].area, &places[0].tiles[..]), ([0.0, 0.0, 0.5, 0.5], &[0][..]));
    }

    #[test]
    fn tiles_that_touch_nowhere_give_the_panel_one_of_them() {
        let places = places(&[all(1)], &page(3, "aba bab aba"));
        let [left, top, right, bottom] = places[0].area;
        assert!((right - left - 1.0 / 3.0).abs() < 1e-4 && (bottom - top - 1.0 / 3.0).abs() < 1e-4);
    }

    #[test]
    fn a_large_tile_beside_small_ones_counts_by_its_size() {
        let channel = |number| {
            Some(ChannelId {
                device: DeviceId(1),
                number,
            })
        };
        let third = 1.0 / 3.0;
        let tiles = [
            (channel(1), [0.0, 0.0, 2.0 * third, 2.0 * third]),
            (channel(2), [2.0 * third, 2.0 * third, 1.0, 1.0]),
            (None, [2.0 * third, 0.0, 1.0, third]),
        ];
        let places = places(&[trouble(1, &[1, 2])], &tiles);
        assert_eq!(places[0].area, [0.0, 0.0, 2.0 * third, 2.0 * third]);
    }
}
