internal import Glibc
internal import SystemPackage

/// A call of C that walks a tree and tells where it failed.
enum TreeCall {
    /// `body` gets the tree's path and room for the path of a failure, and gives 0 or `-errno`.
    ///
    /// The failure reads `attempt`, then the path; what is in `ignoring`, as `errno`, is none.
    static func run(
        _ attempt: String, _ tree: FilePath, ignoring: Int32 = 0,
        _ body: (_ path: UnsafePointer<CChar>, _ place: UnsafeMutablePointer<CChar>, _ size: Int) -> Int32
    ) throws(SystemError) {
        var failed = [CChar](repeating: 0, count: 4096)
        let result = tree.withPlatformString { path in
            failed.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.map { body(path, $0, buffer.count) } ?? 0
            }
        }
        guard result < 0, result != -ignoring else { return }
        let place = failed.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } ?? "" }
        throw SystemError("\(attempt) '\(place.isEmpty ? tree : place)'", Errno(rawValue: -result))
    }
}
