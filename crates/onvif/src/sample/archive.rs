//! The recordings of a scripted recorder, and the ways in which recorders answer a search.

use std::time::{Duration, SystemTime};

use crate::time::iso_time;
use crate::xml::XmlTree;

/// What it has recorded, and how it answers.
#[derive(Clone, Debug, Default)]
pub struct ArchiveHabits {
    /// Of each channel the same: from, to, in seconds since 1970, by its clock.
    pub spans: Vec<(i64, i64)>,
    /// It never says that a search is completed.
    pub never_ends: bool,
    /// It answers searches with nothing.
    pub is_empty: bool,
    /// It knows no search for events.
    pub no_events: bool,
    /// It refuses filters by topic.
    pub no_filters: bool,
    /// Events come with tokens of other recordings among them.
    pub wrong_tokens: bool,
    /// It writes its local time, so many seconds ahead of UTC, with a `Z`.
    pub local_as_utc: i64,
    /// Its channels have no recordings but the first.
    pub only_first: bool,
    /// The last of its spans goes on: no event ends it, and its newest picture is where the span ends so far.
    pub goes_on: bool,
}

/// What it answers, or the code and text of a fault.
pub(super) type ArchiveAnswer = Result<String, (&'static str, &'static str)>;

impl ArchiveHabits {
    pub(super) fn answer(&self, name: &str, tree: &XmlTree, channels: u16, (host, port): (&str, u16)) -> ArchiveAnswer {
        let state = if self.never_ends { "Searching" } else { "Completed" };
        let list = |content: String| {
            format!(
                "<tse:{name}Response><tse:ResultList><tt:SearchState>{state}</tt:SearchState>{content}</tse:ResultList></tse:{name}Response>"
            )
        };
        match name {
            "FindRecordings" => Ok(
                "<tse:FindRecordingsResponse><tse:SearchToken>s1</tse:SearchToken></tse:FindRecordingsResponse>"
                    .to_owned(),
            ),
            "FindEvents" if self.no_events => Err(("ActionNotSupported", "Optional Action Not Implemented")),
            "FindEvents" if self.no_filters && tree.find("TopicExpression").is_some() => {
                Err(("InvalidFilterFault", "no such filter"))
            }
            "FindEvents" => {
                Ok("<tse:FindEventsResponse><tse:SearchToken>s2</tse:SearchToken></tse:FindEventsResponse>".to_owned())
            }
            "GetRecordingSearchResults" if self.is_empty => Ok(list(String::new())),
            "GetRecordingSearchResults" => {
                let channels = if self.only_first { 1 } else { channels };
                Ok(list((1..=channels).map(|channel| self.recording(channel)).collect()))
            }
            "GetEventSearchResults" => Ok(list(self.events())),
            "EndSearch" => Ok("<tse:EndSearchResponse/>".to_owned()),
            "GetReplayUri" => {
                let token = tree.find("RecordingToken").map_or("", |token| token.text());
                Ok(format!(
                    "<trp:GetReplayUriResponse><trp:Uri>rtsp://{host}:{port}/replay/{token}</trp:Uri></trp:GetReplayUriResponse>"
                ))
            }
            _ => Err(("ActionNotSupported", "Optional Action Not Implemented")),
        }
    }

    fn time(&self, seconds: i64) -> String {
        let shown = (seconds + self.local_as_utc).max(0).unsigned_abs();
        iso_time(SystemTime::UNIX_EPOCH + Duration::from_secs(shown))
    }

    fn recording(&self, channel: u16) -> String {
        let earliest = self.spans.first().map_or(0, |span| span.0);
        let latest = self.spans.last().map_or(0, |span| span.1);
        let (earliest, latest) = (self.time(earliest), self.time(latest));
        format!(
            "<tt:RecordingInformation><tt:RecordingToken>r{channel}</tt:RecordingToken><tt:Source><tt:SourceId>source{channel}</tt:SourceId>\
             </tt:Source><tt:EarliestRecording>{earliest}</tt:EarliestRecording><tt:LatestRecording>{latest}</tt:LatestRecording>\
             <tt:Track><tt:TrackToken>v</tt:TrackToken><tt:TrackType>Video</tt:TrackType></tt:Track>\
             <tt:Track><tt:TrackToken>a</tt:TrackToken><tt:TrackType>Audio</tt:TrackType></tt:Track></tt:RecordingInformation>"
        )
    }

    fn events(&self) -> String {
        let event = |recording: &str, track: &str, at: i64, present: bool| {
            format!(
                "<tt:Result><tt:RecordingToken>{recording}</tt:RecordingToken><tt:TrackToken>{track}</tt:TrackToken><tt:Time>{}</tt:Time>\
                 <tt:Event><Topic>tns1:RecordingHistory/Track/State</Topic><Message><tt:Message><tt:Data>\
                 <tt:SimpleItem Name=\"IsDataPresent\" Value=\"{present}\"/></tt:Data></tt:Message></Message></tt:Event>\
                 <tt:StartStateEvent>false</tt:StartStateEvent></tt:Result>",
                self.time(at)
            )
        };
        let mut all = String::new();
        for (from, to) in &self.spans {
            all += &event("r1", "v", *from, true);
            all += &event("r1", "a", *from, true);
            if self.wrong_tokens {
                all += &event("r9", "v", from + 1, false);
            }
            if !(self.goes_on && Some((*from, *to)) == self.spans.last().copied()) {
                all += &event("r1", "v", *to, false);
            }
        }
        all
    }
}
