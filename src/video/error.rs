/// Why a stream cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    #[error("GStreamer does not start: {0}")]
    Init(#[source] gstreamer::glib::Error),
    /// An element is not installed.
    #[error("GStreamer element \"{element}\" is missing: install {package}")]
    Missing {
        element: &'static str,
        package: &'static str,
    },
    /// No depayloader is known for this codec, or no decoder is installed for it.
    #[error("{codec} cannot be decoded{}", package.map(|p| format!(": install {p}")).unwrap_or_default())]
    Unsupported {
        codec: String,
        package: Option<&'static str>,
    },
    /// GStreamer refused to build or start the pipeline.
    #[error("the video pipeline does not start: {0}")]
    Start(String),
}

impl From<gstreamer::glib::BoolError> for VideoError {
    fn from(error: gstreamer::glib::BoolError) -> Self {
        Self::Start(error.message.into_owned())
    }
}
