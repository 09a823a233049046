import Basics
import Elements
import ImageAssembly
import Synchronization

@testable import Commands

/// A sink that keeps what was written.
final class MemorySink: TextSink {
    private let content = Mutex("")

    func write(_ text: String) { content.withLock { $0 += text } }

    var text: String { content.withLock { $0 } }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// A clock that moves only when told, starting on 2026-01-02 03:04:05.006 UTC.
final class TestClock: Sendable {
    static let start = Timestamp(milliseconds: 1_767_323_045_006)
    private let elapsed = Mutex(0.0)

    func advance(_ seconds: Double) { elapsed.withLock { $0 += seconds } }
    private var seconds: Double { elapsed.withLock { $0 } }

    var rendering: RenderingClock {
        RenderingClock(
            now: { Timestamp(milliseconds: Self.start.milliseconds + Int64((self.seconds * 1000).rounded())) },
            uptime: { 1000 + self.seconds })
    }
}

/// A small build as the engine tells it, with the seconds that pass before each event.
enum SampleBuild {
    static let staging = HookIdentity(element: "debootstrap", phase: .root, name: "08-debootstrap")
    static let packages = HookIdentity(element: "package-installs", phase: .install, name: "01-package-installs")
    static let users = HookIdentity(element: "devuser", phase: .install, name: "50-devuser")
    static let steps = ["stage hooks", "root hooks", "install hooks", "convert to qcow2"]

    static let beginning: [(Double, BuildEvent)] = [
        (0, .buildStarted(image: "debian", steps: steps, hookCount: 3)),
        (0, .stepStarted(index: 1, title: "stage hooks")),
        (0.02, .output(line: "Copying hooks for debootstrap", source: .engine)),
        (0.02, .stepFinished(index: 1, title: "stage hooks", seconds: 0.04)),
        (0, .stepStarted(index: 2, title: "root hooks")),
        (0, .phaseStarted(.root, hooks: [staging])),
        (0, .hookStarted(staging)),
        (0, .output(line: "dib-run-parts Running /tmp/hooks/root.d/08-debootstrap", source: .engine)),
        (0.5, .output(line: "I: Retrieving InRelease", source: .hook(staging))),
        (20.5, .output(line: "I: Base system installed successfully.", source: .hook(staging))),
        (0.1, .hookFinished(staging, seconds: 21.1, status: 0)),
        (0, .output(line: "dib-run-parts 08-debootstrap completed", source: .engine)),
        (0, .phaseFinished(.root, timings: [HookTiming(hook: staging, seconds: 21.1)])),
        (0, .stepFinished(index: 2, title: "root hooks", seconds: 21.2)),
        (0, .warning("no swap on this host")),
        (0, .stepStarted(index: 3, title: "install hooks")),
        (0, .phaseStarted(.install, hooks: [packages, users])),
        (0, .hookStarted(packages)),
        (0, .output(line: "dib-run-parts Running /tmp/in_target.d/install.d/01-package-installs", source: .engine)),
        (3, .output(line: "Setting up curl (7.88.1-10) ...", source: .hook(packages))),
        (1, .hookFinished(packages, seconds: 4.0625, status: 0)),
        (0, .output(line: "dib-run-parts 01-package-installs completed", source: .engine)),
        (0, .hookStarted(users)),
        (0, .output(line: "dib-run-parts Running /tmp/in_target.d/install.d/50-devuser", source: .engine)),
        (
            0.1,
            .output(
                line: "useradd: warning: \u{1B}[31mthe home directory already exists\u{1B}[0m", source: .hook(users))
        ),
    ]

    static let ending: [(Double, BuildEvent)] = [
        (0.1, .hookFinished(users, seconds: 0.25, status: 0)),
        (0, .output(line: "dib-run-parts 50-devuser completed", source: .engine)),
        (
            0,
            .phaseFinished(
                .install,
                timings: [HookTiming(hook: packages, seconds: 4.0625), HookTiming(hook: users, seconds: 0.25)])
        ),
        (0, .stepFinished(index: 3, title: "install hooks", seconds: 4.5)),
        (0, .stepStarted(index: 4, title: "convert to qcow2")),
        (2, .progress(fraction: 0.25)),
        (2, .progress(fraction: 0.5)),
        (0, .output(line: "4096 clusters", source: .tool("qemu-img"))),
        (4, .progress(fraction: 1)),
        (0, .artifact(path: "debian.qcow2", format: "qcow2", bytes: 327_155_712)),
        (0, .output(line: "Image file debian.qcow2 created...", source: .engine)),
        (0, .stepFinished(index: 4, title: "convert to qcow2", seconds: 8)),
        (0, .buildFinished(seconds: 33.74)),
    ]

    static let failure: [(Double, BuildEvent)] = [
        (0.1, .hookFinished(users, seconds: 0.25, status: 42)),
        (0, .buildFailed(report)),
    ]

    static let report = FailureReport(
        summary: "cannot build 'debian': hook 'devuser install/50-devuser' failed", hook: users, status: 42,
        lastLines: ["+ useradd stack", "useradd: group stack exists"],
        causes: ["'/tmp/in_target.d/install.d/50-devuser' exited with status 42"],
        hint: "set DIB_DEV_USER_USERNAME to a name that the image does not have")

    /// Sends the events at their times.
    static func play(_ events: [(Double, BuildEvent)], to monitor: any BuildMonitor, clock: TestClock) {
        for (pause, event) in events {
            clock.advance(pause)
            monitor.receive(event)
        }
    }
}
