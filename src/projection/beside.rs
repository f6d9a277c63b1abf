//! Two pieces of work at once.

/// Does `there` on another core while this one does `here`, and waits for both.
///
/// Within a task of the pool both are done here, `here` first: a task that waited might be given another one, which waits for
/// a store that this one holds.
pub(crate) fn beside<R>(there: impl FnOnce() + Send, here: impl FnOnce() -> R) -> R {
    if rayon::current_thread_index().is_some() {
        let done = here();
        there();
        return done;
    }
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| there());
        here()
    })
}
