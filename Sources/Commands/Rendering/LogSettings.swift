import Basics

/// What upstream's log filter is told by variables and `--logfile` (compat-core section 8.1).
struct LogSettings: Equatable {
    var printsToConsole: Bool
    var stampsConsole: Bool

    /// A log file implies quiet unless `DIB_QUIET` says otherwise: an explicit `DIB_QUIET=0` asks for both.
    init(environment: Environment, hasLogfile: Bool) {
        let quiet = environment.nonEmpty("DIB_QUIET").map { Int($0) == 1 } ?? hasLogfile
        printsToConsole = !quiet
        stampsConsole = environment.nonEmpty("DIB_NO_TIMESTAMP").map { Int($0) == 1 } != true
    }
}
