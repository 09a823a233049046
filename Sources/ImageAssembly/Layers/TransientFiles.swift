import Basics
import Foundation
import LinuxOS
import SystemPackage

/// Files of a tree that belong to one image or to one build, and so to no layer: another stands in for them there.
///
/// - the private and public host keys of OpenSSH, and the identifier of the machine: each image gets fresh ones, made
///   as the packages make them, unless a hook has removed or emptied them by then;
/// - seeds of random number generators: left out, since a machine makes its own;
/// - the resolver configuration of the build, which is the host's: put in whenever hooks run.
struct TransientFiles {
    /// Stands for a key in a layer.
    static let keyText = "Made anew for each image: no layer of a build holds a host key.\n"
    /// Stands for the identifier of the machine: valid for tools that look at it, and known for what it is.
    static let machineText = "16e0716e0716e0716e0716e0716e0716\n"
    static let resolverText = "# The resolvers of the build host, while an image is built.\n"
    private static let keyFolder: FilePath = "etc/ssh"
    private static let machineFiles: [FilePath] = ["etc/machine-id", "var/lib/dbus/machine-id"]
    private static let seeds: [FilePath] = [
        "var/lib/systemd/random-seed", "var/lib/systemd/credential.secret", "var/lib/random-seed",
        "var/lib/urandom/random-seed",
    ]
    private static let resolver: FilePath = "etc/resolv.conf"

    /// What the host's resolvers are, as `ResolverConfiguration` writes them.
    static var hostResolvers: String {
        (try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)) ?? "nameserver 8.8.8.8\n"
    }

    /// Takes them out of what a hook has written; `upper` is no merged tree, but what will be kept.
    static func scrub(_ upper: FilePath, keepsResolver: Bool) throws {
        for path in hostKeys(in: upper) { try replace(path, by: keyText) }
        for name in machineFiles {
            let path = upper.pushing(name)
            guard let text = text(path), text != machineText, text.trimmedText.count == 32 else { continue }
            try replace(path, by: machineText)
        }
        for name in seeds where text(upper.pushing(name)) != nil {
            try keepingTime(of: upper.pushing(name).removingLastComponent()) {
                try TreeRemoval.remove(upper.pushing(name))
            }
        }
        let path = upper.pushing(resolver)
        guard text(path) == hostResolvers else { return }
        if keepsResolver { return try replace(path, by: resolverText) }
        try keepingTime(of: path.removingLastComponent()) { try TreeRemoval.remove(path) }
    }

    /// Gives hooks the host's resolvers, where the tree says that they belong there.
    static func fillResolver(_ root: FilePath) throws {
        guard let path = try? ConfinedRoot(root).resolve(FilePath("/").pushing(resolver)), text(path) == resolverText
        else { return }
        try replace(path, by: hostResolvers)
    }

    /// Makes them for this image: at the end of the layers, where no other image sees them.
    ///
    /// Gives the names of host keys that the image's own program could not make.
    static func renew(_ root: FilePath, runner: any CommandRunner, launcher: HookLauncher) async throws -> [String] {
        let confined = try ConfinedRoot(root)
        for name in machineFiles {
            guard let path = try? confined.resolve(FilePath("/").pushing(name)), text(path) == machineText else {
                continue
            }
            let bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
            try replace(path, by: bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\n")
        }
        let folder = try? confined.resolve(FilePath("/").pushing(keyFolder))
        guard let folder else { return [] }
        var failed: [String] = []
        let stale = names(folder).filter { text(folder.appending($0)) == keyText }.sorted()
        for name in stale { try TreeRemoval.remove(folder.appending(name)) }
        for name in stale where name.hasSuffix("_key") {
            let type = name.dropFirst("ssh_host_".count).dropLast("_key".count)
            let words = ["-q", "-t", String(type), "-N", "", "-f", "/etc/ssh/\(name)"]
            let outcome = try await runner.run(launcher.command(Command("/usr/bin/ssh-keygen", words))) { _ in }
            if !outcome.status.isSuccess { failed.append(name) }
        }
        return failed
    }

    private static func hostKeys(in root: FilePath) -> [FilePath] {
        let folder = root.pushing(keyFolder)
        return names(folder).map { folder.appending($0) }.filter { text($0).map { $0 != keyText } ?? false }
    }

    private static func names(_ folder: FilePath) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []).filter {
            $0.hasPrefix("ssh_host_") && ($0.hasSuffix("_key") || $0.hasSuffix("_key.pub"))
        }
    }

    /// Of a regular file; nothing for anything else, so that no link is followed.
    private static func text(_ path: FilePath) -> String? {
        guard (try? path.stat(followTargetSymlink: false))?.type == .regular,
            let data = FileManager.default.contents(atPath: path.string)
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// In place: owner, mode and attributes stay.
    private static func replace(_ path: FilePath, by text: String) throws {
        let file = try FileDescriptor.open(path, .writeOnly, options: [.truncate, .noFollow, .closeOnExec])
        _ = try file.closeAfter { try file.writeAll(text.utf8) }
    }

    private static func keepingTime(of folder: FilePath, _ body: () throws -> Void) throws {
        let time = try FileManager.default.attributesOfItem(atPath: folder.string)[.modificationDate]
        try body()
        if let time { try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: folder.string) }
    }
}
