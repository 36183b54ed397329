//! The loop between recordings and those who connect, and what happens before a camera.

use std::time::Instant;

use super::super::folder;
use super::super::recording::RecordingEffect;
use super::Core;
use crate::bridge::Command;
use device::DeviceId;
use incidents::{Incident, IncidentKind, IncidentState};

impl Core {
    pub(super) fn on_recording_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Record(stream, on) => self.recordings.by_hand(stream, on, now),
            Command::ReadRecordings(request) => self.recordings.read(request, &self.inbox),
            Command::ExportRecordings(export) => {
                let secrets = self.files.secrets();
                self.recordings.export(*export, secrets, &self.inbox);
            }
            Command::StopRecordingExport => self.recordings.stop_export(),
            Command::PlayRecording(file) => folder::show(&file, &self.open_folder, &self.inbox),
            _ => {}
        }
    }

    pub(super) fn do_for_recordings(&mut self, effect: RecordingEffect, now: Instant) {
        match effect {
            RecordingEffect::Keep(streams) => self.connections.record(streams, now),
            RecordingEffect::Changed => self.screen.changed(),
        }
    }

    /// Records what happens before a camera, where that is wanted.
    pub(super) fn record_incident(&mut self, device: DeviceId, incident: &Incident, now: Instant) {
        let seen = match incident.kind {
            IncidentKind::Motion
            | IncidentKind::LineCrossing
            | IncidentKind::Intrusion
            | IncidentKind::Object
            | IncidentKind::Tamper
            | IncidentKind::Sound
            | IncidentKind::AlarmInput => true,
            IncidentKind::VideoLoss
            | IncidentKind::RelayOutput
            | IncidentKind::StorageFull
            | IncidentKind::StorageFailure
            | IncidentKind::RecordingFailure
            | IncidentKind::HardwareFailure
            | IncidentKind::SignInFailure
            | IncidentKind::Network
            | IncidentKind::Restart
            | IncidentKind::Other => false,
        };
        if seen && incident.state != IncidentState::End && (incident.is_news || incident.state == IncidentState::Begin)
        {
            self.recordings.happened(device, incident.channel, now);
        }
    }
}
