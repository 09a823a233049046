package import Basics
import BlockDevices
import Foundation
package import ImagePlanning
import LinuxOS
import SystemPackage

/// Finds out what this host can do, by trying wherever trying is cheap; the whole takes a few milliseconds.
///
/// Reads small files and asks the kernel; runs no program but one of three instructions, for an image of another
/// architecture. What the answers mean is `HostCheck`'s business.
package struct HostProbe: Sendable {
    private let searchPath: [String]
    let environment: Environment

    /// `environment` is the caller's: its path, with the directories of system programs, is where tools are looked for.
    package init(environment: Environment) {
        self.environment = environment
        let path = environment.nonEmpty("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        searchPath = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin"]
    }

    /// Facts about the host as far as these needs ask for them.
    package func facts(for needs: HostNeeds) -> HostFacts {
        let system = Self.system()
        let memory = try? HostMemory.current()
        let runs = runsPrograms(of: needs.architecture, machine: system.machine)
        return HostFacts(
            effectiveUserID: geteuid(), kernelRelease: system.release, machine: system.machine,
            distribution: HostFiles.distribution(osRelease: Self.osRelease),
            filesystems: Self.filesystems(
                release: system.release, asked: needs.filesystems + needs.baseFilesystems.keys),
            hasLoopControl: Self.canOpen("/dev/loop-control"), hasNamespaces: Session.isPossible,
            userNamespace: Self.userNamespace(), hasChrootOnly: Self.hasChrootOnly ? true : nil,
            hasDeviceMapper: HostFiles.hasDriver("device-mapper", misc: Self.text("/proc/misc")),
            hasKVM: needs.boots && HostFiles.runsGuests(cpuinfo: Self.text("/proc/cpuinfo"))
                && VirtualMachineProbe.works(), tools: tools(needs.toolNames),
            libraries: needs.libraries.keys.filter(Self.hasLibrary),
            memoryTotal: memory?.total ?? .zero, memoryAvailable: memory?.available ?? .zero,
            freeSpace: Dictionary(
                needs.space.compactMap { space in Self.freeSpace(space.directory).map { (space.directory, $0) } },
                uniquingKeysWith: { first, _ in first }),
            containerEngine: needs.importsContainers ? containerEngine() : nil,
            runsForeignPrograms: runs,
            ownInterpreter: runs == false ? ownInterpreter(of: needs, machine: system.machine) : nil,
            keyrings: Self.keyrings(), hasAptSources: Self.hasAptSources())
    }

    /// What the kernel thinks can be had without swapping; a plan wants it before anything else is probed.
    package static var memoryAvailable: ByteCount { (try? HostMemory.current())?.available ?? .zero }

    /// Filesystems that a build fills in the image file because this kernel cannot mount them; our own writer knows FAT.
    package static var offlineTypes: Set<String> {
        let mountable = filesystems(release: system().release, asked: ["vfat", "msdos"])
        return Set(["vfat", "fat", "msdos"].filter { !mountable.contains(FilesystemType($0).mountName) })
    }

    /// The kernel's name of the machine, as `uname -m` prints it.
    package static var machine: String { system().machine }

    /// Path of each program that is a file this user may execute.
    package func tools(_ names: [String]) -> [String: String] {
        var found: [String: String] = [:]
        for name in names {
            found[name] = (name.contains("/") ? [name] : searchPath.map { "\($0)/\(name)" }).first { path in
                var status = stat()
                return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
            }
        }
        return found
    }

    /// In the directories of ld.so(8) as Debian (by architecture) and others (lib64) have them.
    private static func hasLibrary(_ name: String) -> Bool {
        let own = "\(system().machine)-linux-gnu"
        let folders = ["/usr/lib/\(own)", "/lib/\(own)", "/usr/local/lib", "/usr/lib64", "/lib64", "/usr/lib", "/lib"]
        return folders.contains { access("\($0)/\(name)", R_OK) == 0 }
    }

    private static func system() -> (release: String, machine: String) {
        var name = utsname()
        guard uname(&name) == 0 else { return ("", "") }
        return (
            withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) },
            withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        )
    }

    private static func text(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// os-release(5): the file in /etc wins, and is often a link to the other.
    private static var osRelease: String {
        let own = text("/etc/os-release")
        return own.isEmpty ? text("/usr/lib/os-release") : own
    }

    private static func canOpen(_ path: String) -> Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    /// What the kernel lists, and of what was asked for, what it could load: the module's file name is the type's.
    private static func filesystems(release: String, asked: [String]) -> Set<String> {
        let listed = HostFiles.filesystems(text("/proc/filesystems"))
        let modules = "/lib/modules/\(release)/kernel/fs"
        let loadable = asked.filter { !listed.contains($0) }.filter { type in
            // vfat lives in fs/fat, all others in a directory of their own name.
            [type, "fat"].contains { folder in
                ["ko", "ko.xz", "ko.zst", "ko.gz"].contains { access("\(modules)/\(folder)/\(type).\($0)", F_OK) == 0 }
            }
        }
        return listed.union(loadable)
    }

    /// Bytes that this user may write; a directory that does not exist yet will be on its nearest parent's disk.
    private static func freeSpace(_ directory: String) -> ByteCount? {
        var path = FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(directory))
        while true {
            do { return try FilesystemSpace.of(path).available } catch {
                guard error.code == .noSuchFileOrDirectory, path.removeLastComponent() else { return nil }
            }
        }
    }

    private static func keyrings() -> Set<String> {
        let directories = ["/usr/share/keyrings", "/etc/apt/trusted.gpg.d", "/etc/apt/keyrings"]
        return Set(directories.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] })
    }

    private static func hasAptSources() -> Bool {
        if !text("/etc/apt/sources.list").isEmpty { return true }
        let parts = (try? FileManager.default.contentsOfDirectory(atPath: "/etc/apt/sources.list.d")) ?? []
        return parts.contains { $0.hasSuffix(".list") || $0.hasSuffix(".sources") }
    }
}

/// Tries `/dev/kvm`: the node may be there without working, for example in a nested or paravirtual guest.
private enum VirtualMachineProbe {
    /// `KVM_GET_API_VERSION` and `KVM_CREATE_VM` of linux/kvm.h, which are `_IO(0xAE, 0)` and `_IO(0xAE, 1)`.
    private static let getVersion: UInt = 0xAE00
    private static let createMachine: UInt = 0xAE01
    /// The only version since Linux 2.6.22; user space must refuse any other.
    private static let version: Int32 = 12

    static func works() -> Bool {
        let device = open("/dev/kvm", O_RDWR | O_CLOEXEC)
        guard device >= 0 else { return false }
        defer { close(device) }
        guard ioctl(device, getVersion, 0) == version else { return false }
        let machine = ioctl(device, createMachine, 0)
        guard machine >= 0 else { return false }
        close(machine)
        return true
    }
}
