//! What a device says that it is.

use super::fault::said;
use super::xml::XmlTree;

/// What a device is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceIdentity {
    pub maker: String,
    pub model: String,
    pub firmware: String,
    pub serial: String,
    /// Their clock less ours, in seconds; `None` where it tells no time.
    pub clock_offset: Option<i64>,
}

impl DeviceIdentity {
    /// From the answer to GetDeviceInformation. What is not there is empty.
    pub(crate) fn of(tree: &XmlTree, clock_offset: Option<i64>) -> Self {
        let text = |name: &str| said(tree.find(name).map_or("", |element| element.text()));
        Self {
            maker: text("Manufacturer"),
            model: text("Model"),
            firmware: text("FirmwareVersion"),
            serial: text("SerialNumber"),
            clock_offset,
        }
    }
}

/// The preset of the brand table whose paths a device probably has, by what it says of itself: its maker and model, the header
/// `Server`, the realm of its sign-in, the page that it shows. `None` where nothing tells.
pub fn brand_of(words: &str) -> Option<&'static str> {
    let words = words.to_lowercase();
    MARKS
        .iter()
        .find(|(mark, _)| words.contains(mark))
        .map(|(_, brand)| *brand)
}

/// What tells a maker, and the preset. The first that fits counts.
const MARKS: &[(&str, &str)] = &[
    ("hikvision", "hikvision"),
    ("hik-connect", "hikvision"),
    ("app-webs", "hikvision"),
    ("dnvrs-webs", "hikvision"),
    ("dvrdvs-webs", "hikvision"),
    ("dahua", "dahua"),
    ("login to ", "dahua"),
    ("amcrest", "dahua"),
    ("lorex", "dahua"),
    ("uc-httpd", "xmeye"),
    ("netsurveillance", "xmeye"),
    ("xmeye", "xmeye"),
    ("uniview", "uniview-nvr"),
    ("hanwha", "hanwha-nvr"),
    ("wisenet", "hanwha-nvr"),
    ("tvt", "tvt"),
    ("axis", "axis"),
    ("i-pro", "i-pro"),
    ("panasonic", "i-pro"),
    ("reolink", "reolink"),
    ("avtech", "avtech"),
    ("foscam", "foscam"),
    ("tp-link", "generic-stream1"),
    ("tapo", "generic-stream1"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::XmlLimits;

    #[test]
    fn what_a_device_says_is_one_line_and_bounded() {
        let text = b"<x:GetDeviceInformationResponse><Manufacturer>Hik\xffvision\n Digital</Manufacturer><Model> DS-7604 </Model><SerialNumber/></x:y>";
        let tree = XmlTree::read(text, XmlLimits::ANSWER).unwrap();
        let identity = DeviceIdentity::of(&tree, Some(37));
        assert_eq!(identity.maker, "Hik\u{fffd}vision Digital");
        assert_eq!((identity.model.as_str(), identity.serial.as_str()), ("DS-7604", ""));
        assert_eq!((identity.firmware.as_str(), identity.clock_offset), ("", Some(37)));
    }

    #[test]
    fn a_preset_is_guessed_by_what_tells_the_maker() {
        for (words, brand) in [
            ("HIKVISION DS-7604NI", Some("hikvision")),
            ("App-webs/", Some("hikvision")),
            ("Digest realm=\"Login to 4A01\"", Some("dahua")),
            ("uc-httpd 1.0.0", Some("xmeye")),
            ("nginx", None),
        ] {
            assert_eq!(brand_of(words), brand, "{words}");
        }
    }
}
