/// Which channel of a device an incident is of, for all that can be believed.
///
/// Some recorders name the same channel whatever happens. So a channel counts once two different ones were named; until then, what happens is the
/// device's, unless it has one channel alone.
#[derive(Clone, Debug, Default)]
pub struct ChannelBelief {
    first: Option<u16>,
    is_proven: bool,
}

impl ChannelBelief {
    /// The channel that was said, from 1, if it may be believed. `channels`: so many the device has.
    pub fn judge(&mut self, said: Option<u16>, channels: usize) -> Option<u16> {
        let said = said.filter(|number| (1..=channels).contains(&usize::from(*number)))?;
        if self.first.is_some_and(|first| first != said) {
            self.is_proven = true;
        }
        self.first.get_or_insert(said);
        (self.is_proven || channels == 1).then_some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_counts_once_two_were_named() {
        let mut belief = ChannelBelief::default();
        assert_eq!(belief.judge(Some(1), 4), None, "it may be what this one always says");
        assert_eq!(belief.judge(Some(1), 4), None);
        assert_eq!(belief.judge(None, 4), None);
        assert_eq!(belief.judge(Some(3), 4), Some(3));
        assert_eq!(belief.judge(Some(1), 4), Some(1));
        assert_eq!(belief.judge(Some(5), 4), None, "there is no such channel");
        assert_eq!(belief.judge(Some(0), 4), None);
    }

    #[test]
    fn a_camera_is_its_only_channel() {
        let mut belief = ChannelBelief::default();
        assert_eq!(belief.judge(Some(1), 1), Some(1));
        assert_eq!(belief.judge(Some(2), 1), None);
    }
}
