package import Basics
internal import CLinux
internal import Glibc
package import SystemPackage

/// A shared object for `LD_PRELOAD` that shifts the time of day for the programs of a build.
///
/// No namespace covers CLOCK_REALTIME (time_namespaces(7)), so libc's functions are replaced: clock_gettime,
/// gettimeofday, time, timespec_get. Its `chroot` writes the object into the new root under its own path, where a
/// program of that root looks for it. Static programs, set-uid ones of other users, and the times that the kernel
/// gives to files keep the real time. It is for programs of this program's own architecture.
package struct ShiftedClock: Sendable {
    package let path: FilePath
    package let seconds: Int

    /// Writes it into `folder`, a directory that every root has: nothing if this machine's code is not known.
    package static func create(seconds: Int, in folder: FilePath = "/tmp") throws(SystemError) -> ShiftedClock? {
        guard let machine = SharedObject.Machine.own, !symbols.isEmpty else { return nil }
        for _ in 0..<100 {
            let path = folder.appending("ingot-clock-\(UInt64.random(in: 0 ... .max)).so")
            let file = path.withPlatformString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o755) }
            if file < 0, errno == EEXIST { continue }
            guard file >= 0 else { throw SystemError("write '\(path)'", Errno(rawValue: errno)) }
            defer { close(file) }
            let clock = ShiftedClock(path: path, seconds: seconds)
            do { try clock.write(clock.bytes(machine), to: file) } catch {
                clock.remove()
                throw error
            }
            return clock
        }
        throw SystemError("write a shared object in '\(folder)'", .fileExists)
    }

    /// The environment of a program that is to have it, beside what else is loaded there.
    package func environment(_ base: Environment) -> Environment {
        var result = base
        result["LD_PRELOAD"] = [path.string, base.nonEmpty("LD_PRELOAD")].compactMap { $0 }.joined(separator: ":")
        return result
    }

    package func remove() { path.withPlatformString { _ = unlink($0) } }

    /// Takes it out of a tree that hooks have entered.
    package static func remove(_ path: FilePath, from root: FilePath) throws(SystemError) {
        for name in [path, draft(of: path)] {
            guard let folder = try? ConfinedRoot(root).resolve(name.removingLastComponent()),
                let last = name.lastComponent
            else { continue }
            let place = folder.appending(last)
            guard place.withPlatformString({ unlink($0) }) != 0, errno != ENOENT else { continue }
            throw SystemError("remove '\(place)'", Errno(rawValue: errno))
        }
    }

    private static func draft(of path: FilePath) -> FilePath { FilePath(path.string + ".new") }

    private func write(_ bytes: [UInt8], to file: Int32) throws(SystemError) {
        guard fchmod(file, 0o755) == 0, Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw SystemError("write '\(path)'", Errno(rawValue: errno))
        }
    }

    private static var symbols: [(name: String, offset: UInt64)] {
        var result: [(name: String, offset: UInt64)] = []
        var next = ingot_clock_symbols()
        while next.pointee.name.pointee != 0 {
            result.append((String(cString: next.pointee.name), UInt64(next.pointee.offset)))
            next += 1
        }
        return result
    }

    private func bytes(_ machine: SharedObject.Machine) -> [UInt8] {
        var size: UInt = 0
        let start = ingot_clock_code(&size)
        var code = Array(UnsafeBufferPointer(start: start, count: Int(size)))
        let object = SharedObject(
            machine: machine, codeAddress: UInt64(UInt(bitPattern: start)), functions: Self.symbols,
            imported: "__errno_location")
        var header = LittleEndianBytes()
        header.add64([UInt64(bitPattern: Int64(seconds)), UInt64(bitPattern: object.slot(after: code))])
        for name in [path, Self.draft(of: path)] {
            let bytes = Array(name.string.utf8.prefix(255))
            header.add(bytes + [UInt8](repeating: 0, count: 256 - bytes.count))
        }
        code.replaceSubrange(0..<header.bytes.count, with: header.bytes)
        return object.bytes(code: code)
    }
}
