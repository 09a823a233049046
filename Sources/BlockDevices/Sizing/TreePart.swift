package import Basics

/// The part of a tree that lies on one filesystem.
package struct TreePart: Hashable, Sendable {
    /// Of the filesystem, in the image.
    package let mountPoint: String
    /// What is directly in the filesystem's root, which exists already; nothing if the tree has no such directory.
    package let root: TreeSurvey.Directory?
    /// All other directories.
    package let directories: [TreeSurvey.Directory]
    /// Directories here that other filesystems are mounted over, with those that are made for them.
    package let mountPointCount: UInt64

    /// Everything that becomes an inode here.
    package var inodeCount: UInt64 {
        directories.reduce(mountPointCount + (root?.inodeCount ?? 0)) { $0 + 1 + $1.inodeCount }
    }

    /// The root with the rest.
    package var allDirectories: [TreeSurvey.Directory] { (root.map { [$0] } ?? []) + directories }

    /// Bytes of all file contents, in blocks of this size.
    package func contentBytes(blockSize: UInt64) -> UInt64 {
        allDirectories.reduce(0) { sum, directory in
            directory.files.reduce(sum) { $0 + $1.blockRuns(of: blockSize).reduce(0) { $0 + $1 } * blockSize }
        }
    }

    /// Divides a tree among filesystems mounted at these places, `/` among them.
    package static func parts(of survey: TreeSurvey, mountPoints: [String]) -> [TreePart] {
        // The longest first: the first that matches is the one a directory lies on.
        let ordered = mountPoints.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        func home(of path: String) -> String? { ordered.first { path.isBelow($0) } }
        var members: [String: [TreeSurvey.Directory]] = [:]
        for directory in survey.directories {
            if let place = home(of: directory.path) { members[place, default: []].append(directory) }
        }
        let known = Set(survey.directories.map(\.path))
        return mountPoints.map { place in
            let guests = ordered.filter { guest in
                guest != place && guest != "/" && home(of: String(guest.parentPath)) == place
            }
            // `/boot/efi` where the tree has no `/boot` makes both.
            let made = guests.reduce(UInt64(0)) { $0 + 1 + UInt64(known.contains($1.parentPath) ? 0 : 1) }
            let own = members[place] ?? []
            return TreePart(
                mountPoint: place, root: own.first { $0.path == place }, directories: own.filter { $0.path != place },
                mountPointCount: made)
        }
    }
}

extension String {
    fileprivate func isBelow(_ directory: String) -> Bool {
        directory == "/" || self == directory || hasPrefix(directory + "/")
    }

    fileprivate var parentPath: String {
        let parent = split(separator: "/").dropLast().joined(separator: "/")
        return "/" + parent
    }
}

extension TreeSurvey.File {
    /// Lengths in blocks of the contiguous runs that hold the file's data.
    package func blockRuns(of blockSize: UInt64) -> [UInt64] {
        guard let segments else { return size == 0 ? [] : [(size + blockSize - 1) / blockSize] }
        var runs: [Range<UInt64>] = []
        for segment in segments where !segment.isEmpty {
            let blocks = segment.lowerBound / blockSize..<(segment.upperBound + blockSize - 1) / blockSize
            if let last = runs.last, last.upperBound >= blocks.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, blocks.upperBound)
            } else {
                runs.append(blocks)
            }
        }
        return runs.map { UInt64($0.count) }
    }
}
