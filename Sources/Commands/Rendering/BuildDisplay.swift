import Basics
import ImageAssembly
import SystemPackage

/// How a build shows itself: chooses the monitors and keeps them for as long as the build runs.
struct BuildDisplay {
    enum Style: Equatable {
        /// Live on a terminal, log lines elsewhere.
        case automatic
        case log
        case json
    }

    var style: Style
    var environment: Environment
    var imageName: String
    /// The resolved elements: they tell which past timings apply.
    var elements: [String]
    /// Variables that the elements declare secret.
    var secretNames: Set<String> = []
    /// The argument of `--logfile`.
    var logfile: String?
    var output: any TextSink = DescriptorSink.standardOutput
    /// The terminal that standard output is; nil if it is none.
    var terminal: Terminal?
    var clock = RenderingClock.system

    /// Runs a build under the monitor that fits; on every way out the live area is gone from the screen.
    func run<Result: Sendable>(
        _ body: @Sendable (any BuildMonitor) async throws -> Result
    ) async throws -> Result {
        let mask = SecretMask(environment: environment, secretNames: secretNames)
        guard let terminal, isLive else {
            return try await body(MaskingMonitor(mask: mask, next: try plainMonitor()))
        }
        let logPath =
            try logfile.map { FilePath($0) }
            ?? logs.newLog(image: imageName, at: clock.now(), salt: .random(in: 0 ... .max))
        let log = LogMonitor(
            console: nil, logfile: try DescriptorSink(appendingTo: logPath), logPath: logPath.string, clock: clock)
        let live = LiveMonitor(
            sink: output, terminal: terminal, elements: elements, store: TimingStore(environment: environment),
            logPath: logPath.string, clock: clock)
        defer { live.close() }
        async let _: Void = live.animate()
        return try await body(MaskingMonitor(mask: mask, next: MonitorGroup(members: [log, live])))
    }

    /// A debug shell (`break`) and a trace (`-x`) need the terminal for themselves; `DIB_QUIET` wants it empty.
    var isLive: Bool {
        style == .automatic && terminal != nil && environment.nonEmpty("break") == nil
            && (environment.nonEmpty("DIB_DEBUG_TRACE").flatMap { Int($0) } ?? 0) == 0
            && environment.nonEmpty("DIB_QUIET") == nil
    }

    /// Whether anything of the build appears on standard output.
    var showsOutput: Bool {
        isLive || style == .json || LogSettings(environment: environment, hasLogfile: logfile != nil).printsToConsole
    }

    /// The monitor for logs and machines.
    func plainMonitor() throws -> any BuildMonitor {
        let file = try logfile.map { try DescriptorSink(appendingTo: FilePath($0)) }
        if style == .json {
            let json = JSONMonitor(sink: output, logPath: logfile, clock: clock)
            guard let file else { return json }
            return MonitorGroup(members: [
                json, LogMonitor(console: nil, logfile: file, logPath: logfile, clock: clock),
            ])
        }
        if let logfile { output.write("Output logs going to: \(logfile)\n") }
        let settings = LogSettings(environment: environment, hasLogfile: logfile != nil)
        return LogMonitor(
            console: settings.printsToConsole ? output : nil, logfile: file, logPath: logfile,
            stampsConsole: settings.stampsConsole, clock: clock)
    }

    private var logs: BuildLogs {
        BuildLogs(directory: (CacheDirectory.path(environment) ?? FilePath("/tmp/ingot")).appending("logs"))
    }
}
