import Foundation
import LinuxOS
import SystemPackage

/// Takes out of a tree what is another in each build: caches that are made anew, identities of a single machine, times.
///
/// Only in builds with SOURCE_DATE_EPOCH, which asks for it (https://reproducible-builds.org/specs/source-date-epoch/).
/// Everything that is removed comes back when it is wanted: caches by their programs, identities at the first boot.
struct TreeNormaliser {
    /// Caches whose bytes depend on inodes, times or the order in which a directory is read.
    static let caches = [
        "var/cache/ldconfig/aux-cache", "var/cache/debconf/config.dat-old", "var/cache/debconf/templates.dat-old",
        "var/cache/debconf/passwords.dat-old", "var/lib/dpkg/status-old", "var/lib/dpkg/available-old",
        "var/lib/dpkg/diversions-old", "var/lib/dpkg/statoverride-old", "var/cache/apt/pkgcache.bin",
        "var/cache/apt/srcpkgcache.bin", "var/lib/apt/extended_states.old", "root/.rpmdb/.rpm.lock",
    ]
    /// Directories of caches: their files go, they stay.
    static let cacheFolders = ["var/cache/fontconfig", "var/cache/man", "var/lib/apt/lists/partial"]
    /// What random number generators and credentials of one machine start from.
    static let seeds = [
        "var/lib/systemd/random-seed", "var/lib/systemd/credential.secret", "var/lib/random-seed",
        "var/lib/urandom/random-seed",
    ]
    /// What makes host keys at the first boot: without any of it, keys that are gone would stay gone.
    static let keyMakers = [
        "usr/bin/cloud-init", "usr/sbin/sshd-keygen", "usr/libexec/openssh/sshd-keygen",
        "etc/systemd/system/ssh-keygen.service", "usr/lib/systemd/system/sshd-keygen@.service",
        "usr/lib/systemd/system/ssh-keygen.service",
    ]

    let root: FilePath
    /// Seconds since 1970: nothing in the tree is younger.
    let date: UInt64
    let runner: any CommandRunner

    /// Gives what it had to leave as it was, in words.
    func run() async throws -> [String] {
        let links = try await HardLinks.survey(root, runner: runner)
        let confined = try ConfinedRoot(root)
        for path in Self.caches + Self.seeds { try remove(path, confined) }
        for folder in Self.cacheFolders {
            guard let place = existing(folder, confined) else { continue }
            try await runner.check(Command("find", [place.string, "-xdev", "-type", "f", "-delete"]))
        }
        try forgetMachine(confined)
        let left = try removeHostKeys(confined)
        let words = ["-newermt", "@\(date)", "-exec", "touch", "--no-dereference", "--date=@\(date)", "--", "{}", "+"]
        try await runner.check(Command("find", [root.string] + words))
        // Last: whatever touches a file of a layer copies it, holes not included.
        try TreeHoles.punchZeros(in: root)
        try links.mend()
        return left
    }

    private func existing(_ path: String, _ root: ConfinedRoot) -> FilePath? {
        guard let place = try? root.resolve(FilePath("/" + path)), (try? place.stat(followTargetSymlink: false)) != nil
        else { return nil }
        return place
    }

    private func remove(_ path: String, _ root: ConfinedRoot) throws {
        guard let place = existing(path, root) else { return }
        try TreeRemoval.remove(place)
    }

    /// Identities of one machine: an image that many start from must not have them anyway.
    private func forgetMachine(_ root: ConfinedRoot) throws {
        for path in ["etc/machine-id", "var/lib/dbus/machine-id"] {
            guard let place = existing(path, root), let text = text(place), text.trimmedText.count == 32 else {
                continue
            }
            // Empty, systemd makes one and keeps it.
            try replace(place, by: "")
        }
        // open-iscsi's start-up script makes the name where the file says so.
        if let place = existing("etc/iscsi/initiatorname.iscsi", root), text(place)?.contains("InitiatorName=") == true
        {
            try replace(place, by: "GenerateName=yes\n")
        }
    }

    private func removeHostKeys(_ root: ConfinedRoot) throws -> [String] {
        guard let folder = existing("etc/ssh", root) else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
        let keys = names.filter { $0.hasPrefix("ssh_host_") && ($0.hasSuffix("_key") || $0.hasSuffix("_key.pub")) }
        if keys.isEmpty { return [] }
        guard Self.keyMakers.contains(where: { existing($0, root) != nil }) else {
            return ["host keys of OpenSSH are others in each build: add 'runtime-ssh-host-keys' or cloud-init"]
        }
        for name in keys { try TreeRemoval.remove(folder.appending(name)) }
        return []
    }

    private func text(_ path: FilePath) -> String? {
        guard let data = FileManager.default.contents(atPath: path.string), data.count < 1 << 16 else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// In place, for its owner and mode.
    private func replace(_ path: FilePath, by text: String) throws {
        let file = try FileDescriptor.open(path, .writeOnly, options: [.truncate, .closeOnExec])
        _ = try file.closeAfter { try file.writeAll(Array(text.utf8)) }
    }
}
