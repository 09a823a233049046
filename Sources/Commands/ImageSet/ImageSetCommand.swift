import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS

/// Several images in one go: what they have in common is built once, what they have not side by side (issue F).
///
/// Each image is a build of its own, in a process of its own, over one store of layers: whoever comes first to a layer
/// makes it, the others wait for it and take it.
struct ImageSetCommand {
    let options: ImageSetOptions
    let environment: Environment
    var runner: any CommandRunner = SubprocessRunner(grace: .seconds(120))

    /// Gives the exit status: that of the first image of the list that failed.
    func run() async -> Int32 {
        do {
            let images = try PlannedImage.plan(options, environment: environment)
            guard !options.isDryRun else { return await show(images) }
            return try await build(images)
        } catch let error as OptionParserError {
            error.messages.forEach(printError)
            return 1
        } catch let error as ImageListError {
            printError("error: \(error)")
            return 1
        } catch {
            ErrorReport(error).print()
            return ErrorReport(error).status
        }
    }

    private func show(_ images: [PlannedImage]) async -> Int32 {
        var status: Int32 = 0
        for image in images {
            let isRamdisk = image.program != "ingot"
            let command = BuildCommand(
                program: "ingot plan", mode: isRamdisk ? .ramdisk : .native, onlyPlans: true)
            let style = options.style == .json ? ["--json"] : []
            let own = await command.run(style + image.arguments, environment: image.environment)
            if status == 0 { status = own }
        }
        return status
    }

    private func build(_ images: [PlannedImage]) async throws -> Int32 {
        let display = ImageSetDisplay(
            names: images.map(\.name), style: options.style, environment: environment,
            output: DescriptorSink.standardOutput)
        let signals = try SignalStream.signals()
        let jobs = options.jobs ?? Self.jobs(images, memory: HostProbe.memoryAvailable)
        let work = Task { try await run(images, jobs: jobs, display) }
        let watcher = Task { () -> Int32? in
            for await signal in signals {
                work.cancel()
                return signal
            }
            return nil
        }
        let clock = Task { await display.animate() }
        let result = await work.result
        watcher.cancel()
        clock.cancel()
        let signal = await watcher.value
        let statuses = (try? result.get()) ?? []
        display.finish(statuses)
        if let signal { return 128 + signal }
        _ = try result.get()
        return statuses.first { $0 != 0 && $0 != nil }.flatMap { $0 } ?? 0
    }

    /// Statuses in the order of the list; nothing for an image that was not begun.
    private func run(_ images: [PlannedImage], jobs: Int, _ display: ImageSetDisplay) async throws -> [Int32?] {
        let began = String(Date().timeIntervalSince1970)
        return try await withThrowingTaskGroup(of: Outcome.self) { group in
            var statuses = [Int32?](repeating: nil, count: images.count)
            var next = 0
            func begin() {
                guard next < images.count else { return }
                let (index, image) = (next, images[next])
                next += 1
                group.addTask {
                    let status = try await run(image, index, began: began, display)
                    return Outcome(index: index, status: status)
                }
            }
            for _ in 0..<jobs { begin() }
            while let outcome = try await group.next() {
                statuses[outcome.index] = outcome.status
                if outcome.status == 0 || !options.stopsOnFailure { begin() }
            }
            return statuses
        }
    }

    private struct Outcome: Sendable {
        let index: Int
        let status: Int32
    }

    private func run(_ image: PlannedImage, _ index: Int, began: String, _ display: ImageSetDisplay) async throws
        -> Int32
    {
        var command = image.command(extra: try display.begin(index))
        // Within one command, what a hook without declared inputs has read is read once.
        command.environment?["INGOT_CACHE_SINCE"] = began
        let outcome = try await runner.run(command) { display.receive($0, of: index) }
        display.end(index, status: outcome.status.shellStatus)
        return outcome.status.shellStatus
    }

    /// One image for each processor, if there is memory for their trees.
    static func jobs(_ images: [PlannedImage], memory: ByteCount) -> Int {
        let need = UInt64(images.map(\.minTmpfs).max() ?? 2) * 2
        let fitting = need == 0 ? images.count : Int(memory.bytes / ByteCount.gibibytes(need).bytes)
        return max(1, min(images.count, ProcessInfo.processInfo.activeProcessorCount, fitting))
    }
}
