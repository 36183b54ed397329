//! What the references of H.265 say of pictures that are missing (sections 8.3.1 and 8.3.2).
//!
//! Each picture names all pictures that may still be referred to, and which of them it refers to itself. One of those that never
//! came was left out by the recorder: the picture is not whole, nor is what refers to it.

use super::credit::Credit;

/// How an SPS has slices write their references (section 7.3.2.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SequenceForm {
    /// Colours are coded apart: each slice says of which it is.
    pub planes: bool,
    /// Of `slice_pic_order_cnt_lsb`.
    pub order_bits: u32,
    pub short_term: Vec<ShortTermSet>,
    /// The long-term pictures that slices can name by their place in this list; `None`: there are none at all.
    pub long_term: Option<Vec<LongTerm>>,
}

/// How a PPS has slices begin (section 7.3.2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PictureForm {
    pub extra_bits: u32,
    pub output_flag: bool,
}

/// Pictures by their distance in the order of output: those before, the nearest first, then those after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ShortTermSet {
    pub before: Vec<ShortTerm>,
    pub after: Vec<ShortTerm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShortTerm {
    pub distance: i32,
    /// By the picture that names it; otherwise by later ones only.
    pub used: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LongTerm {
    pub order: u32,
    pub used: bool,
}

/// What the first slice says of its picture (section 7.3.6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PictureHead {
    /// The type of the unit (table 7-1).
    pub kind: u8,
    pub temporal_id: u8,
    /// Its first slice refers to nothing.
    pub intra: bool,
    /// The low bits of its place in the order of output, and how many these are.
    pub order: u32,
    pub order_bits: u32,
    pub named: Vec<Named>,
}

/// One picture that a slice names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub place: Place,
    pub used: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Distance(i32),
    /// The low bits of its place.
    Low(u32),
    /// The same, and how many rounds of the low bits it is back.
    Rounds {
        low: u32,
        back: u64,
    },
}

/// More are not named (`sps_max_dec_pic_buffering_minus1`).
pub(super) const MOST_NAMED: usize = 16;

impl PictureHead {
    fn is_access_point(&self) -> bool {
        (16..=23).contains(&self.kind)
    }

    /// Nothing before it in the order of decoding is referred to from here on: IDR and BLA pictures.
    fn breaks(&self) -> bool {
        (16..=20).contains(&self.kind)
    }

    fn is_skipped_leading(&self) -> bool {
        matches!(self.kind, 8 | 9)
    }

    fn is_leading(&self) -> bool {
        (6..=9).contains(&self.kind)
    }

    /// Later pictures count their place from it (`prevTid0Pic`).
    fn is_anchor(&self) -> bool {
        let unreferenced = self.kind < 16 && self.kind.is_multiple_of(2);
        self.temporal_id == 0 && !unreferenced && !self.is_leading()
    }
}

/// What the references of one picture tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing can be said.
    #[default]
    Unknown,
    /// All that it refers to came, and was whole.
    Founded,
    /// It refers to a picture that never came, or to one that does.
    Unfounded,
}

/// What else is known when a picture begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Circumstances {
    /// The numbers of packets stepped before it.
    pub hint: bool,
    /// Pictures before it are known to be missing or damaged.
    pub trouble: bool,
}

/// The pictures of a track that may be referred to.
#[derive(Debug, Default)]
pub(super) struct References {
    since: Option<Beginning>,
    /// At most [`MOST_NAMED`] and the last picture.
    held: Vec<Held>,
    credit: Credit,
}

/// The access point with which it began.
#[derive(Clone, Copy, Debug)]
struct Beginning {
    order: i64,
    /// Decoding began with it: the leading pictures that refer to what was before it are not shown.
    skips_leading: bool,
    /// Something before it was missing or damaged.
    troubled: bool,
    /// The last picture from which places are counted.
    anchor: i64,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    order: i64,
    founded: bool,
}

impl References {
    /// Nothing can be said before the next access point.
    pub(super) fn forget(&mut self) {
        self.since = None;
        self.held.clear();
    }

    /// Takes note of the picture that begins; `None`: its head cannot be read.
    pub(super) fn note(&mut self, head: Option<&PictureHead>, circumstances: Circumstances) -> Standing {
        let Some(head) = head else {
            self.forget();
            return Standing::Unknown;
        };
        let Some(order) = self.begin(head) else {
            return Standing::Unknown;
        };
        let Some(since) = self.since.as_mut() else {
            return Standing::Unknown;
        };
        if head.is_skipped_leading() && since.skips_leading {
            return Standing::Unknown;
        }
        if head.is_anchor() {
            since.anchor = order;
        }
        if head.is_access_point() && circumstances.trouble {
            since.troubled = true;
            self.held.iter_mut().for_each(|held| held.founded = false);
        }
        let founded = self.keep_named(head, order, circumstances);
        self.held.retain(|held| held.order != order);
        self.held.push(Held { order, founded });
        if founded {
            Standing::Founded
        } else {
            Standing::Unfounded
        }
    }

    /// The place of the picture in the order of output (section 8.3.1); `None`: no access point has come.
    fn begin(&mut self, head: &PictureHead) -> Option<i64> {
        let low = i64::from(head.order);
        if head.breaks() || (head.is_access_point() && self.since.is_none()) {
            self.held.clear();
            self.since = Some(Beginning {
                order: low,
                skips_leading: true,
                troubled: false,
                anchor: low,
            });
            return Some(low);
        }
        let since = self.since.as_mut()?;
        // The nearest place with these low bits; of two, the later one.
        let round = 1_i64 << head.order_bits;
        let ahead = (low - since.anchor).rem_euclid(round);
        let order = since.anchor + if ahead > round / 2 { ahead - round } else { ahead };
        if head.is_access_point() {
            (since.order, since.skips_leading, since.troubled) = (order, false, false);
        }
        Some(order)
    }

    /// Lets go of all that the picture does not name; false: it refers to what is missing.
    fn keep_named(&mut self, head: &PictureHead, order: i64, circumstances: Circumstances) -> bool {
        let Some(since) = self.since else { return true };
        // What comes before the access point does not belong to its group, whatever a sloppy encoder names.
        let earliest = if head.is_leading() { i64::MIN } else { since.order };
        let explained = circumstances.trouble || (since.troubled && head.is_skipped_leading());
        let (mut kept, mut absent) = (Vec::with_capacity(MOST_NAMED + 1), Vec::new());
        let (mut founded, mut uses) = (true, false);
        for named in head.named.iter().take(MOST_NAMED) {
            let used = named.used && !head.is_access_point();
            let place = named.place.within(order, head.order_bits);
            match self.held.iter().find(|held| place.is_of(held.order)) {
                Some(held) => {
                    uses |= used;
                    founded &= held.founded || !used;
                    kept.push(*held);
                }
                None if used && !head.intra => {
                    absent.extend(Some(place.before(order)).filter(|absent| *absent >= earliest));
                }
                None => {}
            }
        }
        let claims = !absent.is_empty() && (circumstances.hint || explained || self.credit.is_enough());
        if absent.is_empty() && uses {
            self.credit.right();
        } else if !absent.is_empty() && !circumstances.hint && !explained {
            self.credit.wrong();
        }
        // What is missing is missed once: the decoder puts another picture in its place.
        kept.extend(absent.into_iter().map(|order| Held {
            order,
            founded: !claims,
        }));
        self.held = kept;
        founded && !claims
    }
}

/// A place in the order of output.
#[derive(Clone, Copy)]
enum Sought {
    Exact(i64),
    /// Any one with these low bits.
    Low {
        low: i64,
        round: i64,
    },
}

impl Place {
    fn within(self, order: i64, bits: u32) -> Sought {
        let round = 1_i64 << bits;
        match self {
            Self::Distance(distance) => Sought::Exact(order + i64::from(distance)),
            Self::Low(low) => Sought::Low { low: low.into(), round },
            Self::Rounds { low, back } => {
                let back = i64::try_from(back).unwrap_or(i64::MAX).saturating_mul(round);
                let begin = order - order.rem_euclid(round);
                Sought::Exact(begin.saturating_sub(back).saturating_add(low.into()))
            }
        }
    }
}

impl Sought {
    fn is_of(self, order: i64) -> bool {
        match self {
            Self::Exact(exact) => exact == order,
            Self::Low { low, round } => order.rem_euclid(round) == low,
        }
    }

    /// The place, or the last one that it can be before `order`.
    fn before(self, order: i64) -> i64 {
        match self {
            Self::Exact(exact) => exact,
            Self::Low { low, round } => order - 1 - (order - 1 - low).rem_euclid(round),
        }
    }
}
