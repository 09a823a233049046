import Basics
import Foundation
package import LinuxOS
package import Provenance
package import SystemPackage

/// What a tree has installed, read from the databases of the package managers in it.
package struct PackageInventory: Sendable {
    package let system: SystemRelease
    package let packages: [InstalledPackage]
    /// Databases that are there and could not be read: a bill without them must not pass for a whole one.
    package let problems: [String]

    /// Larger databases than any system has; a hostile image shall not fill the memory.
    private static let largestDatabase = 256 << 20

    package init(system: SystemRelease, packages: [InstalledPackage], problems: [String]) {
        self.system = system
        self.packages = packages
        self.problems = problems
    }

    /// Reads the tree at `root` without leaving it or changing it; `scratch` is an empty directory for a copy.
    ///
    /// rpm's own program is used, and it writes into its database when it only reads: hence the copy. `launcher` starts
    /// the one of the tree, which knows the format for sure; without it, or where the tree has none, the host's serves.
    package static func read(
        root: FilePath, scratch: FilePath, runner: any CommandRunner, runsTree: Bool
    ) async throws -> PackageInventory {
        let confined = try ConfinedRoot(root)
        let release = text("etc/os-release", confined) ?? text("usr/lib/os-release", confined) ?? ""
        var packages = text(PackageDatabases.debianStatus, confined).map(PackageDatabases.debian(status:)) ?? []
        for path in PackageDatabases.alpine where packages.isEmpty {
            packages = text(path, confined).map(PackageDatabases.alpine(installed:)) ?? []
        }
        var problems: [String] = []
        if let database = rpmDatabase(confined) {
            do {
                let copy = scratch.appending("rpmdb")
                try await runner.check(Command("cp", ["-r", "--", database.string, copy.string]))
                packages += try await rpm(copy, root: runsTree ? confined.path : nil, runner)
                try TreeRemoval.remove(copy)
            } catch let error as CancellationError { throw error } catch {
                problems.append("the database of rpm cannot be read: \(error)")
            }
        }
        return PackageInventory(system: SystemRelease(osRelease: release), packages: packages, problems: problems)
    }

    private static func text(_ path: String, _ root: ConfinedRoot) -> String? {
        guard let file = try? root.open(FilePath("/" + path), options: [.closeOnExec, .nonBlocking]) else { return nil }
        let bytes = try? file.closeAfter { () throws -> [UInt8] in
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            while case let count = try chunk.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
                bytes += chunk[..<count]
                if bytes.count > largestDatabase { throw Errno.fileTooLarge }
            }
            return bytes
        }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The directory with a database in one of rpm's formats.
    private static func rpmDatabase(_ root: ConfinedRoot) -> FilePath? {
        for folder in PackageDatabases.rpmDirectories {
            for name in ["rpmdb.sqlite", "Packages.db", "Packages"] {
                guard let path = try? root.resolve(FilePath("/\(folder)/\(name)")), (try? path.stat()) != nil else {
                    continue
                }
                return path.removingLastComponent()
            }
        }
        return nil
    }

    private static func rpm(_ database: FilePath, root: FilePath?, _ runner: any CommandRunner) async throws
        -> [InstalledPackage]
    {
        let query = ["--query", "--all", "--queryformat", PackageDatabases.rpmFormat]
        if let root, (try? ConfinedRoot(root).resolve("/usr/bin/rpm")).flatMap({ try? $0.stat() }) != nil {
            // What is below /tmp of the tree is removed at the end of a build.
            let inside: FilePath = "/tmp/.ingot-rpmdb"
            let place = try ConfinedRoot(root).resolve(inside)
            try await runner.check(Command("cp", ["-r", "--", database.string, place.string]))
            let command = HookLauncher(root: root).command(
                Command("/usr/bin/rpm", ["--dbpath", inside.string] + query))
            let answer = try? await runner.output(of: command, limit: largestDatabase)
            try TreeRemoval.remove(place)
            if let answer, !answer.isEmpty { return PackageDatabases.rpm(answer: answer) }
        }
        let answer = try await runner.output(
            of: Command("rpm", ["--dbpath", database.string] + query), limit: largestDatabase)
        return PackageDatabases.rpm(answer: answer)
    }

    /// The packages, each with the hook that has installed it, as far as the record of the build knows.
    package func packages(attributedBy history: BuildHistory?) -> [InstalledPackage] {
        guard let history else { return packages }
        let owners = history.owners
        return packages.map { package in
            guard let witness = package.witness, let owner = Self.owner(of: witness, owners) else { return package }
            let entry = history.entries[owner]
            var result = package
            result.origin = .init(element: entry.element, hook: "\(entry.phase)/\(entry.hook)")
            return result
        }
    }

    /// Trees with merged directories have files elsewhere than the package says.
    private static func owner(of path: String, _ owners: [String: Int]) -> Int? {
        owners[path] ?? owners["usr/" + path]
    }
}
