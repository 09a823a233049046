import Basics
import Elements
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// Runs functional tests of one element, each as a process of this program, with a directory for what they leave.
struct ElementTestRun {
    /// What became of a test.
    enum Result: Equatable {
        case passed(seconds: Double)
        case failed(reason: String)
        case skipped(reason: String)

        var isFailure: Bool { if case .failed = self { true } else { false } }

        func line(of testCase: ElementTestCase) -> String {
            let name = "\(testCase.element)/\(testCase.name)"
            return switch self {
            case .passed(let seconds): "pass  \(name)  (\(Int(seconds.rounded())) s)"
            case .failed(let reason): "FAIL  \(name): \(reason)"
            case .skipped(let reason): "skip  \(name): \(reason)"
            }
        }
    }

    private let environment: Environment
    private let executable: FilePath
    private let directory: FilePath
    private let keepsAll: Bool
    private let runner = SubprocessRunner()
    /// What a hook leaves in the image to say that the build has to fail after it.
    private static let sentinel = "dib-test-should-fail"

    init(element: Element, environment caller: Environment, keepsAll: Bool) throws {
        guard let resources = ResourceLocator(share: caller["INGOT_SHARE"]) else {
            throw PlanError("cannot find Ingot's own elements and Resources", hint: "set INGOT_SHARE")
        }
        executable = resources.executable
        self.keepsAll = keepsAll
        let parent = FilePath(caller.nonEmpty("TMPDIR") ?? "/tmp")
        directory = parent.appending("ingot-test-\(element.name)-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        var environment = caller
        let path = [
            element.path.appending(ElementProfile.testDirectory).string, element.path.removingLastComponent().string,
        ]
        environment["ELEMENTS_PATH"] =
            (path + [caller.nonEmpty("ELEMENTS_PATH")].compactMap(\.self)).joined(separator: ":")
        environment["DIB_SHOW_IMAGE_USAGE"] = "1"
        environment["break"] = "after-error"
        environment["break_outside_target"] = "1"
        self.environment = environment
    }

    /// Plans the test, and builds it if this host can.
    func run(_ testCase: ElementTestCase) async throws -> Result {
        let folder = directory.appending(testCase.name.text)
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        let arguments = self.arguments(testCase, in: folder)
        let outputs: [PlannedOutput]
        do {
            let preparation = try preparation(testCase, arguments)
            let missing = preparation.checks.filter { $0.status == .missing }
            guard missing.isEmpty else {
                return .skipped(reason: missing.map { "\($0.title): \($0.detail)" }.joined(separator: "; "))
            }
            outputs = preparation.plan.outputs
        } catch let error as PlanError {
            return .failed(reason: error.message)
        }
        var environment = environment
        environment["break_cmd"] = "cp -v $TMP_MOUNT_PATH/tmp/\(Self.sentinel) \(folder.string.shellQuoted) || true"
        let start = ContinuousClock.now
        let outcome = try await runner.run(
            Command(
                executable.string, arguments, environment: environment, directory: folder,
                calledAs: testCase.isRamdisk ? "ramdisk-image-create" : "disk-image-create"), onLine: { _ in })
        let elapsed = start.duration(to: .now)
        let result = judge(outcome.status.shellStatus, outputs: outputs, in: folder)
        if result == nil, !keepsAll { try? FileManager.default.removeItem(atPath: folder.string) }
        return result ?? .passed(seconds: Double(elapsed.components.seconds))
    }

    /// Nothing if the test has passed.
    private func judge(_ status: Int32, outputs: [PlannedOutput], in folder: FilePath) -> Result? {
        let log = "the log is \(log(in: folder))"
        if status != 0 {
            let shouldFail = FileManager.default.fileExists(atPath: folder.appending(Self.sentinel).string)
            return shouldFail ? nil : .failed(reason: "the build failed with status \(status); \(log)")
        }
        for output in outputs where output.format.fileSuffix != nil {
            guard FileManager.default.fileExists(atPath: output.path) else {
                return .failed(reason: "the build made no '\(output.path)'; \(log)")
            }
        }
        return nil
    }

    /// Removes what is not worth keeping.
    func finish(hasFailures: Bool) {
        if !hasFailures, !keepsAll { try? FileManager.default.removeItem(atPath: directory.string) }
    }

    private func log(in folder: FilePath) -> String { folder.appending("log").string }

    /// As upstream runs them: without `base`, without a tmpfs, traced.
    private func arguments(_ testCase: ElementTestCase, in folder: FilePath) -> [String] {
        [
            "-x", "-n", "--no-tmpfs", "-t", testCase.formats.joined(separator: ","), "-o",
            folder.appending("image").string, "--logfile", log(in: folder), testCase.element.text, testCase.name.text,
        ]
    }

    private func preparation(_ testCase: ElementTestCase, _ arguments: [String]) throws -> BuildPreparation {
        let mode: BuildRequest.Mode = testCase.isRamdisk ? .ramdisk : .disk
        let outcome = try DiskImageOptions.interpret(
            arguments, program: "ingot element test", mode: mode, environment: environment, machine: HostProbe.machine)
        guard case .build(let request, _) = outcome else { throw PlanError("the test is not a build") }
        return try BuildPreparation(request)
    }
}
