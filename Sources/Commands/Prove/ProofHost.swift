import Basics
import BlockDevices
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS

/// What of the surroundings of builds this host lets a proof vary.
struct ProofHost {
    let request: BuildRequest
    let environment: Environment
    var runner: any CommandRunner = SubprocessRunner()

    func constants(asked: Set<Circumstance>, count: Int?) async throws -> Constants {
        var constants = Constants(asked: asked)
        // Only root has a name space for it at hand.
        if geteuid() != 0 { constants.hold(.host, because: "only root may change its name") }
        if !constants.holds(.clock), let reason = try await reasonForOneClock() {
            constants.hold(.clock, because: reason)
        }
        if !constants.holds(.backend), let reason = try reasonForOneBackend(count: count) {
            constants.hold(.backend, because: reason)
        }
        return constants
    }

    /// A clock is only said to be shifted if it has been seen to be.
    private func reasonForOneClock() async throws -> String? {
        let machine = Architecture(machine: HostProbe.machine)
        guard
            request.architecture == machine || request.architecture.isAMD64 && machine.isAMD64
                || request.architecture.isARM64 && machine.isARM64
        else { return "programs of \(request.architecture) do not load this machine's code" }
        let day = 86400
        guard let clock = try ShiftedClock.create(seconds: day) else {
            return "the code is not written for \(machine)"
        }
        defer { clock.remove() }
        let command = Command("date", ["+%s"], environment: clock.environment(environment))
        let now = Int(Date().timeIntervalSince1970)
        guard let text = try? await runner.output(of: command), let shown = Int(text),
            (now...now + 60).contains(shown - day)
        else { return "programs of this host do not load '\(clock.path)'" }
        return nil
    }

    private func reasonForOneBackend(count: Int?) throws -> String? {
        let plan = try BuildPreparation(request).plan
        guard plan.writesDisk else { return "the build makes no disk" }
        guard request.backend == nil else { return "asked for" }
        guard plan.backend.backend == .file else { return "the build needs loop devices: \(plan.backend.reason)" }
        // The tar has the holes of files, and a mounted FAT keeps none.
        let mounted = Set(plan.graph.mounts.map(\.base))
        if let fat = plan.graph.filesystems.first(where: { $0.type.family == .fat && mounted.contains($0.name) }) {
            return "files on '\(fat.name)' have no holes where the kernel writes it"
        }
        if let count, count < 3 { return "it takes three builds" }
        guard geteuid() == 0 else { return "only root has loop devices" }
        var other = request
        other.backend = .loop
        do {
            try BuildPreparation(other).refuseUnlessPossible()
        } catch let error as PlanError { return error.description } catch { return "\(error)" }
        return nil
    }
}
