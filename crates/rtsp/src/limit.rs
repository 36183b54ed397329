use std::time::Duration;

/// The longest message head that is read, in bytes.
pub(super) const HEAD: usize = 64 * 1024;
/// The longest message body that is read, in bytes.
pub(super) const BODY: usize = 256 * 1024;
/// The most bytes that are skipped without one good packet or message; after them the connection counts as garbage.
pub(super) const JUNK: usize = 1024 * 1024;
/// The most header lines kept of one head.
pub(super) const HEADERS: usize = 256;
/// The most media sections kept of one description.
pub(super) const MEDIA: usize = 32;
/// The most format parameters kept of one format.
pub(super) const PARAMETERS: usize = 64;
/// The longest text of a device that is passed on, in characters.
pub(super) const DETAIL: usize = 200;

/// After this silence a body counts as whole although its stated length is longer.
pub(super) const BODY_IDLE: Duration = Duration::from_secs(1);
/// The same for a description that looks cut off, because a retransmission may be under way.
pub(super) const TORN_BODY_IDLE: Duration = Duration::from_secs(3);
/// How long TEARDOWN waits for its reply.
pub(super) const TEARDOWN: Duration = Duration::from_millis(500);
/// How long PAUSE waits for its reply, which may come behind media.
pub(super) const PAUSE: Duration = Duration::from_secs(3);
/// When datagrams that open the way are sent again after PLAY, each time after the time before.
pub(super) const PUNCHES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];
/// How long media may still come after RTCP BYE, which overtakes it.
pub(super) const AFTER_BYE: Duration = Duration::from_secs(2);
/// How long a finished session sleeps. Nothing will happen in it any more.
pub(super) const OVER: Duration = Duration::from_secs(24 * 60 * 60);
