use super::run::FindNews;

/// What a find under way tells the loop; `run` says which one it is.
pub(in crate::engine) struct FindTold {
    pub run: u64,
    pub news: FindNews,
}
