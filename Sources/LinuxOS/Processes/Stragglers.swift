internal import CLinux
internal import Glibc

/// Processes that hooks left behind in the session: daemons that package scripts started, forgotten background jobs.
package enum Stragglers {
    /// Every process of the session but its own; outside a session nothing, since all would be the host's.
    package static func list() throws(SystemError) -> [ProcessName] {
        // What shows hooks the kernel's files ends with the last of them, and may have a moment left.
        Session.isInside ? try ProcessTable.others().filter { $0.name != INGOT_VIEW_NAME } : []
    }

    /// Ends them: SIGTERM, `grace` to comply, SIGKILL.
    ///
    /// Gives those that were there. To be called when no command of the build itself is running.
    @discardableResult
    package static func end(grace: Duration = .seconds(2)) throws(SystemError) -> [ProcessName] {
        let found = try list()
        guard !found.isEmpty else { return [] }
        for process in found { kill(process.identifier, SIGTERM) }
        guard try !eventually(within: grace, { () throws(SystemError) in try list().isEmpty }) else { return found }
        // Whatever they started meanwhile goes with them: a killed process cannot fork again.
        let isEmpty = try eventually(within: .seconds(5)) { () throws(SystemError) in
            let left = try list()
            for process in left { kill(process.identifier, SIGKILL) }
            return left.isEmpty
        }
        guard isEmpty else {
            let names = try list().map(\.description).joined(separator: ", ")
            throw SystemError("end the processes left by hooks", because: "\(names) cannot be killed")
        }
        return found
    }
}
