import Basics
import Elements
import Fetching
import Foundation
import ImagePlanning
import LinuxOS
import Provenance
import SystemPackage

/// Builds that note what they fetch, and builds that get what was noted.
extension ImageAssembler {
    /// Puts the gateway between the hooks and the network, if the build has to do with a lock.
    func openGateway(_ stack: TeardownStack) async throws {
        let request = plan.request
        let rule: FetchDesk.Rule
        switch request.fetching.kind {
        case .free: return
        case .writes(let path):
            let isThere = FileManager.default.fileExists(atPath: path)
            rule = .note(previous: isThere ? try BuildLock.read(path) : nil)
        case .locked(let path): rule = .locked(try BuildLock.read(path), isOffline: request.isOffline)
        }
        let desk = FetchDesk(
            rule: rule, store: try ContentStore(creating: FilePath(request.fetching.directory)),
            environment: request.environment,
            checksExpiry: request.environment["DIB_APT_CHECK_VALID_UNTIL"] != "0")
        let gateway = try FetchGateway(desk)
        await stack.push("close the way to the network") { gateway.stop() }
        self.gateway = gateway
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] { environment.set(name, gateway.url) }
        for name in ["no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "ftp_proxy"] { environment.set(name, "") }
        environment.set("INGOT_GATEWAY", gateway.url)
        // A cache of elements holds what nobody has noted.
        let downloads = workspace.buildDirectory.appending("downloads")
        try FileManager.default.createDirectory(atPath: downloads.string, withIntermediateDirectories: true)
        environment.set("DIB_IMAGE_CACHE", downloads.string)
        // A lock outlives the archive's date of expiry; the gateway itself looks at it when the lock is made.
        environment.set("DIB_APT_CHECK_VALID_UNTIL", "0")
        // To elements it means that there is nothing to ask; here there is.
        environment.set("DIB_OFFLINE", "")
    }

    /// Ends a build that has asked for what its lock does not allow, before anything of it is published.
    func refuseUnlessLocked() throws {
        guard let refusals = gateway?.desk.refusals, let first = refusals.first else { return }
        let more = refusals.count > 1 ? " (and \(refusals.count - 1) more)" : ""
        let isLocked = plan.request.fetching.lockToRead != nil
        throw AssemblyError(
            .invalidState, "the build cannot be as locked: \(first)\(more)", lastLines: Array(refusals.dropFirst()),
            hint: isLocked
                ? "'ingot lock' writes a new lock, of what there is now"
                : "if that is meant: remove the lock, or set DIB_APT_CHECK_VALID_UNTIL=0 for an archive that has expired"
        )
    }

    /// What a failed build was refused says more than the hook that did not get it.
    func explainingRefusals(_ error: any Error) -> any Error {
        if error is CancellationError { return error }
        do { try refuseUnlessLocked() } catch let refusal {
            monitor.receive(.warning("\(error)"))
            return refusal
        }
        return error
    }

    /// Writes the lock, when everything that the build wanted is known.
    func publishLock() throws {
        guard case .writes(let path) = plan.request.fetching.kind, let lock = currentLock else { return }
        if !lock.unlocked.isEmpty {
            let hosts = lock.unlocked.sorted().joined(separator: ", ")
            monitor.receive(
                .warning("'\(path)' does not hold what came encrypted from \(hosts): a locked build cannot reach them"))
        }
        try AtomicFile.write(try lock.text(), to: FilePath(path))
        say(
            "Lock \(path) written: \(lock.packages.count) packages, \(lock.files.count) addresses, "
                + "\(lock.git.count) git repositories")
    }

    private var currentLock: BuildLock? {
        gateway?.desk.lock(
            architecture: plan.request.architecture.name, elements: plan.selection.names.map(\.text))
    }

    /// What was fetched, for the provenance.
    var fetchedMaterials: [ProvenanceStatement.Material] {
        guard let lock = currentLock else { return [] }
        return lock.files.compactMap { file in
            file.sha256.map { .init(uri: file.url, digest: ["sha256": $0]) }
        } + lock.git.map { .init(uri: "git+\($0.location)", digest: ["gitCommit": $0.commit]) }
    }
}
