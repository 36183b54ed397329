//! The columns: what they are called, in which words, and which field of a device each is.

use std::fmt;

use device::{Draft, Field, MediaTransport, SiteDraft, SiteField};

/// A column of the table, in the order in which it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CsvColumn {
    Site,
    Name,
    Enabled,
    Host,
    Port,
    Carrier,
    Transport,
    User,
    /// Read only: no password is ever written.
    Password,
    Brand,
    MainPath,
    SubPath,
    Channels,
    /// One line for each channel.
    ChannelNames,
    /// Of the site, on each line of one of its devices.
    SiteNote,
    SiteContact,
    SitePage,
    SiteFeed,
    Id,
    /// Of the template of iVMS-4200 alone.
    AddingMode,
}

impl CsvColumn {
    /// What is written, in this order.
    pub(super) const WRITTEN: [Self; 18] = [
        Self::Site,
        Self::Name,
        Self::Enabled,
        Self::Host,
        Self::Port,
        Self::Carrier,
        Self::Transport,
        Self::User,
        Self::Brand,
        Self::MainPath,
        Self::SubPath,
        Self::Channels,
        Self::ChannelNames,
        Self::SiteNote,
        Self::SiteContact,
        Self::SitePage,
        Self::SiteFeed,
        Self::Id,
    ];

    /// What it is called in a file: the word that is written in English, the one in Japanese, and others that are understood.
    const fn names(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::Site => ("Site", "拠点", &["Location", "Group", "サイト", "グループ"]),
            Self::Name => (
                "Name",
                "名前",
                &[
                    "Nickname",
                    "Device",
                    "Device name",
                    "機器",
                    "機器名",
                    "デバイス名",
                    "ニックネーム",
                    "別名",
                ],
            ),
            Self::Enabled => ("Enabled", "有効", &["State", "状態"]),
            Self::Host => (
                "Host",
                "アドレス",
                &[
                    "Address",
                    "IP",
                    "IP address",
                    "Host name",
                    "Hardware address",
                    "ホスト",
                    "ホスト名",
                    "IP アドレス",
                ],
            ),
            Self::Port => ("RTSP port", "RTSP ポート", &["Port", "ポート", "ポート番号"]),
            Self::Carrier => ("Protocol", "プロトコル", &["Carrier"]),
            Self::Transport => ("Transport", "伝送方式", &[]),
            Self::User => (
                "User",
                "ユーザー名",
                &[
                    "User name",
                    "Hardware user name",
                    "Login",
                    "ユーザー",
                    "ユーザ",
                    "ユーザ名",
                    "アカウント",
                ],
            ),
            Self::Password => ("Password", "パスワード", &["Hardware password"]),
            Self::Brand => ("Brand", "メーカー", &["Maker", "Manufacturer", "Vendor"]),
            Self::MainPath => ("Main path", "メインのパス", &["Path", "Main stream", "パス"]),
            Self::SubPath => ("Sub path", "サブのパス", &["Sub stream"]),
            Self::Channels => (
                "Channels",
                "チャンネル数",
                &[
                    "Channel number",
                    "Channel count",
                    "チャンネル",
                    "チャンネル番号",
                    "チャネル数",
                    "チャネル番号",
                ],
            ),
            Self::ChannelNames => ("Channel names", "チャンネル名", &["チャネル名"]),
            Self::SiteNote => ("Site note", "拠点のメモ", &[]),
            Self::SiteContact => ("Site contact", "拠点の連絡先", &["Contact", "連絡先"]),
            Self::SitePage => ("Status page", "障害情報ページ", &["Site status page"]),
            Self::SiteFeed => ("Status feed", "障害情報フィード", &["Site status feed"]),
            Self::Id => ("ID", "機器 ID", &["Device ID"]),
            Self::AddingMode => ("Adding mode", "追加モード", &["Add mode", "登録モード", "追加方式"]),
        }
    }

    const ALL: [Self; 20] = [
        Self::Site,
        Self::Name,
        Self::Enabled,
        Self::Host,
        Self::Port,
        Self::Carrier,
        Self::Transport,
        Self::User,
        Self::Password,
        Self::Brand,
        Self::MainPath,
        Self::SubPath,
        Self::Channels,
        Self::ChannelNames,
        Self::SiteNote,
        Self::SiteContact,
        Self::SitePage,
        Self::SiteFeed,
        Self::Id,
        Self::AddingMode,
    ];

    pub(super) const fn in_english(self) -> &'static str {
        self.names().0
    }

    pub(super) const fn in_japanese(self) -> &'static str {
        self.names().1
    }

    /// The column that a file means by this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let wanted = plain(name);
        let is_it = |column: &Self| {
            let (english, japanese, others) = column.names();
            [english, japanese]
                .iter()
                .chain(others)
                .any(|known| plain(known) == wanted)
        };
        if wanted.is_empty() {
            return None;
        }
        Self::ALL.into_iter().find(is_it)
    }

    /// Where a mistake of this field is made.
    pub(super) fn of(field: Field) -> Self {
        match field {
            Field::Site => Self::Site,
            Field::Name => Self::Name,
            Field::Brand => Self::Brand,
            Field::MainPath => Self::MainPath,
            Field::SubPath => Self::SubPath,
            // What no column holds stays as it is registered.
            Field::Host | Field::Url | Field::RoadName(_) | Field::RoadHost(_) | Field::RoadPort(_) => Self::Host,
            Field::Port => Self::Port,
            Field::Transport => Self::Transport,
            Field::User => Self::User,
            Field::Password => Self::Password,
            Field::Channels => Self::Channels,
            Field::ChannelName(_) => Self::ChannelNames,
        }
    }

    /// The field of a site that this column is.
    pub(super) const fn of_site(self) -> Option<SiteField> {
        match self {
            Self::SiteNote => Some(SiteField::Note),
            Self::SiteContact => Some(SiteField::Contact),
            Self::SitePage => Some(SiteField::Page),
            Self::SiteFeed => Some(SiteField::Feed),
            _ => None,
        }
    }

    /// Where a mistake of this field of a site is made.
    pub(super) const fn of_site_field(field: SiteField) -> Self {
        match field {
            SiteField::Note => Self::SiteNote,
            SiteField::Contact => Self::SiteContact,
            SiteField::Page => Self::SitePage,
            SiteField::Feed => Self::SiteFeed,
        }
    }

    /// What stands in this column for a device and its site; empty for what is not written.
    pub(super) fn text(self, draft: &Draft, site: &SiteDraft) -> String {
        match self {
            Self::SiteNote => site.note.clone(),
            Self::SiteContact => site.contact.clone(),
            Self::SitePage => site.page.clone(),
            Self::SiteFeed => site.feed.clone(),
            Self::Site => draft.site.clone(),
            Self::Name => draft.name.clone(),
            Self::Enabled => if draft.enabled { "yes" } else { "no" }.to_owned(),
            Self::Host => draft.host.clone(),
            Self::Port => draft.port.clone(),
            Self::Carrier => match draft.carrier {
                device::Carrier::Rtsp => "rtsp".to_owned(),
                device::Carrier::Rtsps => "rtsps".to_owned(),
            },
            Self::Transport => draft.transport.as_str().to_owned(),
            Self::User => draft.user.clone(),
            Self::Brand => draft.brand.as_ref().map(ToString::to_string).unwrap_or_default(),
            Self::MainPath => draft.main_path.clone(),
            Self::SubPath => draft.sub_path.clone(),
            Self::Channels => draft.channels.clone(),
            Self::ChannelNames => draft.channel_names.join("\n").trim_end_matches('\n').to_owned(),
            Self::Password | Self::Id | Self::AddingMode => String::new(),
        }
    }
}

/// In English, for the command line and the log.
impl fmt::Display for CsvColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_english())
    }
}

/// A name of a column without what people write differently: case, width, spaces, signs, and what stands in brackets.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    let mut brackets = 0_u32;
    for c in name.chars() {
        match c {
            '(' | '（' | '[' | '［' => brackets += 1,
            ')' | '）' | ']' | '］' => brackets = brackets.saturating_sub(1),
            '！'..='～' if brackets == 0 => {
                let narrow = char::from_u32(u32::from(c) - 0xFEE0).filter(|c| c.is_alphanumeric());
                plain.extend(narrow.into_iter().flat_map(char::to_lowercase));
            }
            c if brackets == 0 && c.is_alphanumeric() || c == 'ー' => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    plain
}

/// Yes or no, in the words of people and spreadsheets.
pub(super) fn yes_or_no(cell: &str) -> Option<bool> {
    match cell.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "on" | "enabled" | "はい" | "有効" | "○" | "〇" | "する" => Some(true),
        "no" | "n" | "false" | "0" | "off" | "disabled" | "いいえ" | "無効" | "×" | "しない" => Some(false),
        _ => None,
    }
}

pub(super) fn carrier(cell: &str) -> Option<device::Carrier> {
    match cell.trim().to_lowercase().as_str() {
        "rtsp" => Some(device::Carrier::Rtsp),
        "rtsps" => Some(device::Carrier::Rtsps),
        _ => None,
    }
}

pub(super) fn transport(cell: &str) -> Option<MediaTransport> {
    let word = cell.trim().to_lowercase();
    match word.as_str() {
        "自動" => Some(MediaTransport::Automatic),
        "マルチキャスト" => Some(MediaTransport::Multicast),
        word => MediaTransport::from_word(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_what_people_call_them() {
        for (name, column) in [
            ("site", CsvColumn::Site),
            (" NAME ", CsvColumn::Name),
            ("Ｈｏｓｔ", CsvColumn::Host),
            ("Port(8000)", CsvColumn::Port),
            ("user_name*", CsvColumn::User),
            ("IPアドレス", CsvColumn::Host),
            ("機器ID", CsvColumn::Id),
            ("main-path", CsvColumn::MainPath),
        ] {
            assert_eq!(CsvColumn::named(name), Some(column), "{name}");
        }
        for name in ["", "Serial number", "()"] {
            assert_eq!(CsvColumn::named(name), None, "{name}");
        }
    }

    #[test]
    fn no_name_means_two_columns() {
        let mut seen = std::collections::HashMap::new();
        for column in CsvColumn::ALL {
            let (english, japanese, others) = column.names();
            for name in [english, japanese].iter().chain(others) {
                let before = seen.insert(plain(name), column);
                assert!(before.is_none_or(|before| before == column), "{name}");
            }
        }
    }
}
