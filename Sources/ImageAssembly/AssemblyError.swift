package import Elements

/// Why a build failed while it was carried out.
package struct AssemblyError: Error, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// A hook ended with a status other than 0.
        case hookFailed(HookIdentity, status: Int32)
        /// `environment.d` of a phase failed or left with a status.
        case environmentFailed(HookPhase, status: Int32)
        /// A tool that a step ran failed.
        case toolFailed(String, status: Int32)
        /// The build's own check failed.
        case invalidState
    }

    package let kind: Kind
    package let message: String
    package let lastLines: [String]
    package let hint: String?

    package init(_ kind: Kind, _ message: String, lastLines: [String] = [], hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.lastLines = lastLines
        self.hint = hint
    }

    package var description: String { message }

    /// The program's exit status for this failure (compat-core section 1.4): a hook's own status, but 1 for the
    /// block-device phase, whose failures upstream reports as 1.
    package var exitStatus: Int32 {
        switch kind {
        case .hookFailed(let hook, let status): hook.phase == .blockDevice ? 1 : status
        case .environmentFailed(let phase, let status): phase == .blockDevice ? 1 : status
        case .toolFailed(_, let status): status == 0 ? 1 : status
        case .invalidState: 1
        }
    }

    package var hook: HookIdentity? {
        if case .hookFailed(let hook, _) = kind { return hook }
        return nil
    }
}
