internal import Glibc

/// Asks until the answer is yes or the time is over: for states that the kernel reaches on its own, with no event to
/// wait for.
///
/// The first question comes at once, so what is quick costs no sleep.
func eventually(
    within patience: Duration, _ condition: () throws(SystemError) -> Bool
) throws(SystemError) -> Bool {
    let deadline = ContinuousClock.now + patience
    var pause: UInt32 = 500
    while true {
        if try condition() { return true }
        guard ContinuousClock.now < deadline else { return false }
        usleep(pause)
        pause = min(pause * 2, 20_000)
    }
}
