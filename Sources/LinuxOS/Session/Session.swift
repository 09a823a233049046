internal import CLinux
internal import Glibc
package import SystemPackage

/// The private mount and PID namespace that a build runs in, so that no death of the program leaves anything behind.
///
/// Three processes, all this program: the *outer*, which the user started and whose status is the build's; *init*,
/// PID 1 of the namespace; and the *engine*, which does the work. Outer and init are single-threaded C
/// (`CLinux/session_*.c`). When the outer dies, even by SIGKILL, or the engine dies with trees still registered, init
/// kills every process of the namespace, unmounts what is below the registered trees and removes them.
/// If init itself is killed, the kernel ends all processes and mounts; a directory may remain for the next build's sweep.
/// A container that refuses all namespaces has a session of the same three processes without any of them.
/// Where a container allows no `/proc` of a new PID namespace, there is none: init then adopts what loses its parent, and
/// kills what is below it.
package enum Session {
    /// True in the engine of a session.
    package static var isInside: Bool { ingot_session_descriptor() >= 0 }

    /// Replaces this process by the outer of a new session with the same command line.
    ///
    /// Who is not root becomes root of a user namespace on the way. Returns only by throwing.
    package static func enter() throws(SystemError) -> Never {
        let footing = SessionFooting.candidate()
        if let refusal = footing.refusal() { throw SystemError(refusal.attempt, refusal.code) }
        let result =
            switch footing {
            case .root: ingot_session_enter(nil)
            case .userNamespace(let identities): identities.withIdentities { ingot_session_enter($0) }
            case .chroot: ingot_session_enter_without_mounts()
            }
        throw SystemError("re-execute '/proc/self/exe'", Errno(rawValue: -result))
    }

    /// Has init remove a temporary tree (or file) if the engine can no longer do it.
    ///
    /// Outside a session it does nothing.
    package static func register(_ path: FilePath) throws(SystemError) { try send("+", path) }

    /// Takes a registration back, once the tree is gone.
    package static func forget(_ path: FilePath) throws(SystemError) { try send("-", path) }

    /// Gives the terminal back to the whole session after a command that made it its own, such as a shell for a person.
    static func takeTerminal() throws(SystemError) {
        guard isInside else { return }
        try check(ingot_session_send("!\n", 2), "take the terminal back")
    }

    private static func send(_ mark: String, _ path: FilePath) throws(SystemError) {
        guard isInside else { return }
        let attempt = "register '\(path)' with the session"
        // The parent is resolved, not the path: it may not exist yet, or no longer.
        guard let name = path.lastComponent, path.isAbsolute,
            let folder = path.removingLastComponent().withPlatformString({ realpath($0, nil) })
        else { throw SystemError(attempt, .noSuchFileOrDirectory) }
        defer { free(folder) }
        var record = Array(mark.utf8)
        FilePath(platformString: folder).appending(name).withPlatformString {
            record.append(contentsOf: UnsafeBufferPointer(start: $0, count: strlen($0)).map { UInt8(bitPattern: $0) })
        }
        guard !record.contains(UInt8(ascii: "\n")) else {
            throw SystemError(attempt, because: "its name has a line break")
        }
        record.append(UInt8(ascii: "\n"))
        let result = record.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { ingot_session_send($0, UInt(characters.count)) } ?? 0
            }
        }
        try check(result, attempt)
    }
}
