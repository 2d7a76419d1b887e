//! Allocations that fail: an error instead of a core dump.

/// Ends the program with exit code 1 and no core dump if an allocation fails. Rust's library has said so by then.
pub(crate) fn exit_on_abort() -> std::io::Result<()> {
    let always = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGABRT, 1, always).map(drop)
}
