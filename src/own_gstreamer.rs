//! POINTS GSTREAMER AT THE PLUG-INS that were installed with the program.
//!
//! Belongs to the binary: where the plug-ins and their list are. Does not belong here: what they are used for (`video`).

/// Call it before GStreamer starts. Where the program stands beside a GStreamer of its own, as its installer lays it, it uses that one
/// alone: plug-ins of another version may bring a program down. What is known of them is kept in the cache of this user, so that they
/// are looked through once.
#[cfg_attr(
    windows,
    expect(unsafe_code, reason = "`set_var` is safe on Windows and not called elsewhere")
)]
pub fn use_it() {
    #[cfg(windows)]
    {
        let program = std::env::current_exe().ok();
        let plugins = program.and_then(|program| Some(program.parent()?.join(r"lib\gstreamer-1.0")));
        let Some(plugins) = plugins.filter(|folder| folder.is_dir()) else {
            return;
        };
        let cache = directories::ProjectDirs::from("", "", "monomi").map(|dirs| dirs.cache_dir().to_owned());
        // SAFETY: Windows guards its environment by itself (std, `set_var`).
        unsafe {
            std::env::set_var("GST_PLUGIN_SYSTEM_PATH_1_0", plugins);
            std::env::set_var("GST_PLUGIN_PATH_1_0", "");
            if let Some(cache) = cache {
                std::env::set_var("GST_REGISTRY_1_0", cache.join("gstreamer.bin"));
            }
        }
    }
}
