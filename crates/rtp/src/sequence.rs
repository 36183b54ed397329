//! What the sequence numbers of one track are worth.

/// Says of each packet whether others are missing before it.
///
/// Over TCP a step of the numbers is only a hint. A recorder that counts two tracks together, or starts anew with every group
/// of pictures, makes steps where nothing is missing; one that had to drop packets makes the same steps. They are told apart by
/// what the numbers did before, and by whether a unit was ever torn where they stepped.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    last: Option<u16>,
    worth: Worth,
    /// Packets in a row without a step.
    run: u32,
    /// Steps in a row that tore nothing, each within [`LONG_RUN`] of the one before.
    harmless: u32,
    /// Packets that are missing if the numbers can be believed.
    pending: u32,
    restarted: bool,
    /// Of the step that was noted last, not yet counted.
    step: u32,
    /// Packets may be lost on the way.
    lossy: bool,
    /// No other track can share its numbers.
    alone: bool,
    /// A packet had another number than the next one.
    stepped: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Worth {
    #[default]
    Unknown,
    Believed,
    /// Steps mean nothing.
    Noise,
}

/// The same, where packets may be lost on the way. A stream whose every picture is one packet loses so many without a torn unit only
/// where there is nothing left to see.
const MOST_HARMLESS_LOSSY: u32 = 64;

/// What the number of a packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Next,
    Same,
    /// Packets may be missing before this one.
    Gap(Belief),
    /// The numbers began anew.
    Restart,
}

/// What speaks for a loss where the numbers step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belief {
    Hint,
    /// Nothing else can have taken the numbers, and they were right from the first packet on: inside of a unit it is a loss.
    Likely,
    /// The numbers of this track have been right for long.
    Believed,
}

/// A larger step is a sender that started anew.
const MOST_MISSING: u16 = 1_000;

/// The same, where the sender is known to do that.
const MOST_MISSING_AFTER_RESTART: u16 = 64;

/// So many packets without a step make the numbers believed.
const LONG_RUN: u32 = 512;

/// So many from the first packet on make the first step likely to be a loss, where no other track has numbers.
const FIRST_RUN: u32 = 8;

/// So many steps that tore nothing make them noise.
const MOST_HARMLESS: u32 = 8;

impl Sequence {
    /// Of packets that may be lost on the way, so that a step is a loss from the first one on.
    pub(super) fn lossy() -> Self {
        Self {
            lossy: true,
            worth: Worth::Believed,
            ..Self::default()
        }
    }

    /// No other track is described that could share the numbers.
    pub(super) fn stands_alone(&mut self) {
        self.alone = true;
    }

    pub(super) fn is_lossy(&self) -> bool {
        self.lossy
    }

    pub(super) fn note(&mut self, number: u16) -> Order {
        let Some(last) = self.last.replace(number) else {
            return Order::Next;
        };
        let step = number.wrapping_sub(last);
        let most = if self.restarted {
            MOST_MISSING_AFTER_RESTART
        } else {
            MOST_MISSING
        };
        match step {
            0 => Order::Same,
            1 => {
                self.run = self.run.saturating_add(1);
                if self.run == LONG_RUN {
                    self.harmless = 0;
                    self.worth = Worth::Believed;
                }
                Order::Next
            }
            _ if step > most => {
                (self.restarted, self.stepped) = (true, true);
                self.run = 0;
                Order::Restart
            }
            _ => {
                let first = !std::mem::replace(&mut self.stepped, true);
                let run = std::mem::take(&mut self.run);
                self.step = u32::from(step - 1);
                Order::Gap(match self.worth {
                    Worth::Believed => Belief::Believed,
                    Worth::Unknown if first && self.alone && run >= FIRST_RUN => Belief::Likely,
                    Worth::Unknown | Worth::Noise => Belief::Hint,
                })
            }
        }
    }

    /// Packets were left out on purpose: the next number is no step.
    pub(super) fn forget_last(&mut self) {
        self.last = None;
    }

    /// The step that was noted last tore a unit: packets are missing.
    pub(super) fn proved(&mut self) {
        self.pending = self.pending.saturating_add(std::mem::take(&mut self.step));
        self.harmless = 0;
        self.worth = Worth::Believed;
    }

    /// Ends the judgement of a step that tore nothing.
    pub(super) fn settle(&mut self) -> Settled {
        let step = std::mem::take(&mut self.step);
        if step > 0 {
            self.harmless += 1;
            if self.harmless >= if self.lossy { MOST_HARMLESS_LOSSY } else { MOST_HARMLESS } {
                self.worth = Worth::Noise;
            }
            self.pending = self.pending.saturating_add(step);
        }
        match self.worth {
            Worth::Unknown => Settled::default(),
            Worth::Believed => Settled {
                lost: std::mem::take(&mut self.pending),
                renumbered: false,
            },
            Worth::Noise => Settled {
                lost: 0,
                renumbered: std::mem::take(&mut self.pending) > 0,
            },
        }
    }
}

/// What a packet's number adds to the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    pub lost: u32,
    pub renumbered: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets lost in all; `torn`: the numbers whose step tears a unit.
    fn lost(numbers: impl IntoIterator<Item = u16>, torn: &[u16]) -> u32 {
        let mut sequence = Sequence::default();
        let note = |number| {
            sequence.note(number);
            if torn.contains(&number) {
                sequence.proved();
            }
            sequence.settle().lost
        };
        numbers.into_iter().map(note).sum()
    }

    #[test]
    fn a_gap_that_tears_a_unit_is_a_loss() {
        assert_eq!(lost([1, 2, 5, 6], &[5]), 2);
        assert_eq!(lost([65_534, 65_535, 2], &[2]), 2, "across the wrap");
    }

    #[test]
    fn a_gap_in_numbers_that_were_right_for_long_is_a_loss() {
        assert_eq!(lost((0..600).chain(605..610), &[]), 5);
    }

    #[test]
    fn a_gap_at_the_beginning_counts_once_the_numbers_proved_right() {
        assert_eq!(lost([1, 4, 5], &[]), 0);
        assert_eq!(lost([1].into_iter().chain(4..700), &[]), 2);
    }

    #[test]
    fn so_many_packets_without_a_step_and_no_fewer_make_a_later_gap_a_loss() {
        // The step to number 0 is none, so that the run is as long as the last number.
        let long = LONG_RUN as u16;
        for (run, expected) in [(long - 1, 0), (long, 5), (long + 1, 5)] {
            assert_eq!(lost((0..=run).chain([run + 6]), &[]), expected, "{run}");
        }
    }

    #[test]
    fn the_first_step_after_a_few_packets_is_likely_to_be_a_loss_where_nothing_else_has_numbers() {
        let first = |alone: bool, numbers: &[u16]| {
            let mut sequence = Sequence {
                alone,
                ..Sequence::default()
            };
            let all = numbers.iter().map(|number| {
                let order = sequence.note(*number);
                sequence.settle();
                order
            });
            all.last()
        };
        let run: Vec<u16> = (100..=100 + FIRST_RUN as u16).collect();
        let with = |more: &[u16]| [&run[..], more].concat();
        assert_eq!(first(true, &with(&[120])), Some(Order::Gap(Belief::Likely)));
        assert_eq!(first(false, &with(&[120])), Some(Order::Gap(Belief::Hint)));
        assert_eq!(
            first(true, &with(&[120])[1..]),
            Some(Order::Gap(Belief::Hint)),
            "too few"
        );
        assert_eq!(
            first(true, &with(&[120, 121, 125])),
            Some(Order::Gap(Belief::Hint)),
            "no longer the first"
        );
        assert_eq!(
            first(true, &with(&[50, 51, 55])),
            Some(Order::Gap(Belief::Hint)),
            "they began anew"
        );
    }

    #[test]
    fn a_step_of_a_sender_that_once_began_anew_is_a_loss_where_it_is_small_and_another_beginning_where_it_is_not() {
        let order = |restarted: bool, step: u16| {
            let mut sequence = Sequence::lossy();
            sequence.note(1_000);
            if restarted {
                assert_eq!(sequence.note(0), Order::Restart);
                sequence.note(1_000 - 1);
                sequence.note(1_000);
            }
            sequence.note(1_000_u16.wrapping_add(step))
        };
        let gap = Order::Gap(Belief::Believed);
        for (step, first, again) in [
            (2, gap, gap),
            (MOST_MISSING_AFTER_RESTART, gap, gap),
            (MOST_MISSING_AFTER_RESTART + 1, gap, Order::Restart),
            (MOST_MISSING, gap, Order::Restart),
            (MOST_MISSING + 1, Order::Restart, Order::Restart),
        ] {
            assert_eq!((order(false, step), order(true, step)), (first, again), "{step}");
        }
    }

    #[test]
    fn in_datagrams_so_many_gaps_that_tear_nothing_and_no_fewer_are_noise() {
        let mut sequence = Sequence::lossy();
        let mut lost = 0;
        for number in (0..400_u16).step_by(2) {
            sequence.note(number);
            lost += sequence.settle().lost;
        }
        assert_eq!(lost, MOST_HARMLESS_LOSSY - 1);
    }

    #[test]
    fn where_packets_may_be_lost_on_the_way_the_first_step_is_a_loss() {
        let mut sequence = Sequence::lossy();
        let lost = [1, 4, 5, 7].map(|number| {
            sequence.note(number);
            sequence.settle().lost
        });
        assert_eq!(lost, [0, 2, 0, 1]);
    }

    #[test]
    fn numbers_shared_with_another_track_are_no_loss() {
        // One packet in four belongs to the other track.
        let numbers = (0..4_000_u16).filter(|number| number % 4 != 0);
        assert_eq!(lost(numbers, &[]), 0);
    }

    #[test]
    fn numbers_that_begin_anew_are_no_loss() {
        let again = (0..8).flat_map(|round| (0..600).map(move |number: u16| number + round * 7_001));
        assert_eq!(lost(again, &[]), 0);
        assert_eq!(lost((0..5).flat_map(|_| 0..600), &[]), 0);
        assert_eq!(lost([7; 50], &[]), 0);
    }

    #[test]
    fn a_few_harmless_gaps_in_believed_numbers_stay_losses_many_do_not() {
        let mut sequence = Sequence::default();
        let mut number = 0_u16;
        let mut lost = 0;
        for _ in 0..600 {
            number += 1;
            sequence.note(number);
            lost += sequence.settle().lost;
        }
        for _ in 0..100 {
            number += 2;
            sequence.note(number);
            lost += sequence.settle().lost;
        }
        assert_eq!(lost, MOST_HARMLESS - 1, "then it is known to be noise");
    }
}
