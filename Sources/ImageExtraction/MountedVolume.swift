import LinuxOS
import SystemPackage

/// A file system that is not read here, mounted read-only for a moment in a mount namespace of its own.
///
/// The loop device and the mounts belong to one process, util-linux's `unshare`, and vanish with it. Nothing of the image is
/// run, no path in it is resolved: tar reads it from its root.
struct MountedVolume: Sendable {
    let file: FilePath
    let offset: UInt64
    let size: UInt64
    let type: String
    /// An empty directory to mount on.
    let folder: FilePath
    let runner: any CommandRunner

    /// How much a volume looks like the root of a system: 2 has os-release, 1 has the directories, 0 neither.
    ///
    /// With the subvolume to mount, of btrfs: nil for the default one.
    func rank() async throws -> (rank: Int, subvolume: String?) {
        let subvolumes = type == "btrfs" ? Self.usualSubvolumes : [nil]
        var best: (rank: Int, subvolume: String?) = (-1, nil)
        for subvolume in subvolumes {
            let captured = try await capture(Self.rankScript, [], subvolume: subvolume)
            guard captured.outcome.status.isSuccess, let rank = Int(captured.text.prefix(1)) else { continue }
            if rank > best.rank { best = (rank, subvolume) }
            if rank == 2 { break }
        }
        guard best.rank >= 0 else {
            throw ImageExtractionError(
                .tool, "look into \(type)", "the kernel does not mount it",
                hint: "load its module ('modprobe \(type)'), or build on a host that has it")
        }
        return best
    }

    /// What Fedora, Ubuntu, Debian and openSUSE call the subvolume that is the root.
    private static let usualSubvolumes: [String?] = [nil, "root", "@", "@rootfs", "@/.snapshots/1/snapshot"]

    func copy(to target: FilePath, subvolume: String?) async throws {
        let captured = try await capture(Self.copyScript, [target.string], subvolume: subvolume)
        guard captured.outcome.status.isSuccess else {
            let words = captured.outcome.lastLines.suffix(3).joined(separator: "; ")
            throw ImageExtractionError(.tool, "copy \(type) to '\(target)'", words.isEmpty ? "tar failed" : words)
        }
    }

    private func capture(
        _ script: String, _ arguments: [String], subvolume: String?
    ) async throws -> CapturedOutput {
        let window = "loop,offset=\(offset),sizelimit=\(size),ro,nosuid,nodev,noexec"
        let own = subvolume.map { ",subvol=\($0)" } ?? ""
        let command = Command(
            "unshare",
            [
                "--mount", "--propagation", "slave", "bash", "-euc", Self.mountScript + script, "image-extract",
                file.string, folder.string, type, window + own,
            ] + arguments)
        return try await runner.capture(command, limit: 1 << 16, onErrorLine: { _ in })
    }

    /// A file system that was in use has changes in its log, which a read-only device cannot take: then without them.
    private static let mountScript = """
        export LC_ALL=C
        file=$1 folder=$2 type=$3 options=$4 target=${5:-}
        careful="" careless=""
        case "$type" in
            xfs) careful=,nouuid careless=,nouuid,norecovery ;;
            ext*) careless=,noload ;;
            btrfs) careless=,rescue=nologreplay ;;
        esac
        mount -t "$type" -o "$options$careful" -- "$file" "$folder" 2>/dev/null \\
            || mount -t "$type" -o "$options$careless" -- "$file" "$folder"

        """

    private static let rankScript = """
        cd "$folder"
        if [ -f etc/os-release ] || [ -L etc/os-release ] || [ -f usr/lib/os-release ]; then echo 2
        elif [ -d etc ] && { [ -d usr ] || [ -d bin ]; }; then echo 1
        else echo 0
        fi
        """

    /// XFS shows access control lists a second time, as attributes of its own.
    private static let copyScript = """
        set -o pipefail
        tar --create --one-file-system --numeric-owner --sparse --acls --xattrs --xattrs-include='*' \\
            --xattrs-exclude=security.selinux --xattrs-exclude='trusted.SGI_*' --exclude=./lost+found --directory "$folder" . \\
            | tar --extract --preserve-permissions --same-owner --numeric-owner --acls --xattrs --xattrs-include='*' \\
                --directory "$target"
        """
}
